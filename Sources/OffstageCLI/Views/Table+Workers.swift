// The table of live workers.
import OffstageCore

extension Table {
    /// Returns a table of workers as they are at `now`.
    static func of(_ workers: [WorkerRecord], now: Timestamp) -> Table {
        var table = Table("worker", "host", "#pid", "#up", "#seen", "#runs", "#of", "state", "queues", "types")
        for worker in workers {
            let status = worker.status
            table.add([
                Cell(status.id.description), Cell(status.host), Cell("\(status.pid)"),
                Cell(DurationText.brief(now - status.startedAt)),
                Cell("\(DurationText.brief(now - worker.seenAt)) ago"),
                Cell("\(worker.running.count)"), Cell("\(status.concurrency)"),
                Cell(status.isQuiet ? "quiet" : "working", status.isQuiet ? .yellow : .green),
                Cell(status.queues?.joined(separator: ",") ?? "all"), Cell(status.types.joined(separator: ",")),
            ])
        }
        return table
    }
}
