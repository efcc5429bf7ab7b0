// A live worker, as a document and as a row.
import OffstageCore

/// The showing of workers.
struct WorkerDocument {
    /// The worker that is shown.
    var worker: WorkerRecord

    /// Writes the worker's document.
    func write(to writer: inout JSONWriter) {
        let status = worker.status
        writer.beginObject()
        writer.member("id", status.id.description)
        writer.member("host", status.host)
        writer.member("pid", status.pid)
        writer.member("started_at", status.startedAt)
        writer.member("seen_at", worker.seenAt)
        writer.key("queues")
        if let queues = status.queues {
            writer.beginArray()
            for queue in queues { writer.string(queue) }
            writer.endArray()
        } else {
            writer.null()
        }
        writer.member("types", status.types)
        writer.member("concurrency", status.concurrency)
        writer.member("quiet", status.isQuiet)
        writer.member("running", worker.running.map(\.description))
        writer.member("held", worker.held)
        writer.endObject()
    }

    /// Sets workers in a table.
    static func table(_ workers: [WorkerRecord], now: Timestamp) -> Table {
        var table = Table("worker", "host", "#pid", "#up", "#seen", "#runs", "#of", "state", "queues", "types")
        func age(_ time: Timestamp) -> String {
            DurationText.brief(seconds: max(0, Double((now - time).microseconds) / 1_000_000))
        }
        for worker in workers {
            let status = worker.status
            table.add([
                Table.Cell(status.id.description), Table.Cell(status.host), Table.Cell("\(status.pid)"),
                Table.Cell(age(status.startedAt)), Table.Cell("\(age(worker.seenAt)) ago"),
                Table.Cell("\(worker.running.count)"), Table.Cell("\(status.concurrency)"),
                Table.Cell(status.isQuiet ? "quiet" : "working", status.isQuiet ? .yellow : .green),
                Table.Cell(status.queues?.joined(separator: ",") ?? "all"),
                Table.Cell(status.types.joined(separator: ",")),
            ])
        }
        return table
    }
}
