// The document of one job: complete for `show`, shortened for the lines of `jobs`.
public import OffstageCore

extension Documents {
    /// A job's complete record.
    public static func job(_ record: JobRecord) -> [UInt8] {
        object(1024 + record.arguments.count + (record.result?.count ?? 0)) { writer in
            head(record, isWhole: true, &writer)
            writer.key("errors")
            writer.beginArray()
            for problem in record.errors { error(problem, &writer) }
            writer.endArray()
        }
    }

    /// A job's line in a listing: without arguments, checkpoint, result and errors, but with the last error and with
    /// the cursor that continues after this job.
    public static func jobLine(_ record: JobRecord, cursor: String?) -> [UInt8] {
        object(1024) { writer in
            head(record, isWhole: false, &writer)
            writer.key("last_error")
            if let last = record.errors.last { error(last, &writer) } else { writer.null() }
            writer.member("cursor", cursor)
        }
    }

    private static func head(_ record: JobRecord, isWhole: Bool, _ writer: inout JSONWriter) {
        writer.member("id", record.id.description)
        writer.member("type", record.type)
        writer.member("queue", record.queue)
        writer.member("state", record.state.name)
        writer.member("priority", record.priority)
        if isWhole { writer.member("args", bytes: record.arguments) }
        writer.member("attempt", record.attempt)
        writer.member("max_attempts", record.maxAttempts)
        writer.member("crashes", record.crashes)
        writer.member("suspect", record.isSuspect)
        writer.member("interruptions", record.interruptions)
        writer.member("run_at", record.runAt)
        writer.member("enqueued_at", record.enqueuedAt)
        writer.member("attempted_at", record.attemptedAt)
        writer.member("finished_at", record.finishedAt)
        writer.member("expires_at", record.expiresAt)
        writer.member("timeout_s", seconds: record.timeoutMicroseconds.map { .microseconds($0) })
        writer.member("unique_key", record.uniqueKey)
        writer.member("tags", record.tags)
        writer.member("meta", record.metadata)
        writer.member("parent", record.parent?.description)
        writer.member("return_queue", record.returnQueue)
        progress(record.progress, &writer)
        if isWhole {
            writer.member("checkpoint", bytes: record.checkpoint)
            writer.member("result", bytes: record.result)
        }
        writer.member("result_truncated", record.resultTruncated)
        writer.member("worker", record.worker?.description)
        writer.member("lease_until", record.leaseUntil)
        writer.member("cancel_requested_at", record.cancelRequestedAt)
    }

    static func progress(_ progress: Progress?, _ writer: inout JSONWriter) {
        writer.key("progress")
        guard let progress else { return writer.null() }
        writer.beginObject()
        writer.member("fraction", progress.fraction)
        writer.member("note", progress.note)
        writer.endObject()
    }

    private static func error(_ error: JobError, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("at", error.at)
        writer.member("attempt", error.attempt)
        writer.member("kind", error.kind.rawValue)
        writer.member("message", error.message)
        writer.endObject()
    }
}
