// A job's record as JSON: the document that `show` writes whole and `jobs` writes one a line without its heavy
// members. Member by member, so that the order is the documented one and nothing depends on reflection.
import OffstageCore

/// The JSON document of a job.
struct JobDocument {
    /// The record that it shows.
    var record: JobRecord

    /// Writes the whole document.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeHead(to: &writer, withArguments: true)
        writer.member("checkpoint", payload: record.checkpoint)
        writer.member("result", payload: record.result)
        writeTail(to: &writer)
        writer.key("errors")
        writer.beginArray()
        for error in record.errors {
            writer.beginObject()
            Self.writeMembers(of: error, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Writes the document of a listing: without arguments, result, checkpoint and errors, with the last error and a cursor.
    func writeListed(cursor: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writeHead(to: &writer, withArguments: false)
        writeTail(to: &writer)
        writer.key("last_error")
        if let error = record.errors.last {
            writer.beginObject()
            Self.writeMembers(of: error, to: &writer)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("cursor", cursor)
        writer.endObject()
    }

    private func writeHead(to writer: inout JSONWriter, withArguments: Bool) {
        writer.member("id", record.id)
        writer.member("type", record.type)
        writer.member("queue", record.queue)
        writer.member("state", record.state.name)
        writer.member("priority", record.priority)
        if withArguments { writer.member("args", payload: record.arguments) }
        writer.member("attempt", record.attempt)
        writer.member("max_attempts", record.maxAttempts)
        writer.member("crashes", record.crashes)
        writer.member("interruptions", record.interruptions)
        writer.member("run_at", record.runAt)
        writer.member("enqueued_at", record.enqueuedAt)
        writer.member("attempted_at", record.attemptedAt)
        writer.member("finished_at", record.finishedAt)
        writer.member("expires_at", record.expiresAt)
        writer.member("timeout_s", seconds: record.timeoutMicroseconds)
        writer.member("unique_key", record.uniqueKey)
        writer.member("tags", record.tags)
        writer.member("meta", record.metadata)
        writer.member("parent", record.parent)
        writer.member("return_queue", record.returnQueue)
        writer.key("progress")
        if let progress = record.progress {
            writer.beginObject()
            writer.member("fraction", progress.fraction)
            writer.member("note", progress.note)
            writer.endObject()
        } else {
            writer.null()
        }
    }

    private func writeTail(to writer: inout JSONWriter) {
        writer.member("result_truncated", record.resultTruncated)
        writer.member("worker", record.worker?.description)
        writer.member("lease_until", record.leaseUntil)
        writer.member("cancel_requested_at", record.cancelRequestedAt)
    }

    private static func writeMembers(of error: JobError, to writer: inout JSONWriter) {
        writer.member("at", error.at)
        writer.member("attempt", error.attempt)
        writer.member("kind", error.kind.rawValue)
        writer.member("message", error.message)
    }
}
