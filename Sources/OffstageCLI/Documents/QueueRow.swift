// One queue in figures: its lanes (one for each type) added up. `queues` lists them, `top` shows them live.
import OffstageCore

/// A queue's figures.
struct QueueRow {
    /// The queue.
    var queue: String
    /// Whether it gives out no jobs.
    var isPaused = false
    /// Numbers of jobs by `JobState.rawValue`.
    var byState = [Int](repeating: 0, count: JobState.allCases.count)
    /// How long its oldest due job has waited, in microseconds; nil if none is due.
    var latency: Int64?

    /// Adds up a store's counts by queue, in the order of names; paused queues are there even if they are empty.
    static func rows(of counts: StoreCounts) -> [QueueRow] {
        var rows: [String: QueueRow] = [:]
        for queue in counts.paused { rows[queue] = QueueRow(queue: queue, isPaused: true) }
        for lane in counts.lanes {
            var row = rows[lane.queue] ?? QueueRow(queue: lane.queue)
            for (index, count) in lane.byState.enumerated() where row.byState.indices.contains(index) {
                row.byState[index] += count
            }
            rows[lane.queue] = row
        }
        for (queue, due) in counts.oldestDue { rows[queue]?.latency = max(0, (counts.at - due).microseconds) }
        return rows.values.sorted { $0.queue < $1.queue }
    }

    /// How many jobs stand in a state.
    subscript(state: JobState) -> Int { byState[state.rawValue] }

    /// How long the oldest due job has waited, in words; empty if none is due.
    var latencyText: String { latency.map { DurationText.brief(seconds: Double($0) / 1_000_000) } ?? "" }

    /// Writes the queue's document.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("queue", queue)
        writer.member("paused", isPaused)
        for state in JobState.allCases { writer.member(state.name, self[state]) }
        writer.member("latency_s", seconds: latency)
        writer.endObject()
    }

    /// Sets queues in a table; a brief one has short figures and leaves out states that no job is in.
    static func table(_ rows: [QueueRow], isBrief: Bool = false) -> Table {
        var states: [JobState] = [
            .available, .running, .scheduled, .retryable, .held, .completed, .discarded, .cancelled,
        ]
        if isBrief {
            states.removeAll { state in state != .available && state != .running && rows.allSatisfy { $0[state] == 0 } }
        }
        var table = Table("queue")
        table.columns += states.map { Table.Column(title: $0.name, isNumeric: true) }
        table.columns += [Table.Column(title: "latency", isNumeric: true), Table.Column(title: "")]
        for row in rows {
            let counts = states.map { state in
                let colour = state == .discarded && row[state] > 0 ? Style.Colour.red : row[state] == 0 ? .dim : nil
                return Table.Cell(isBrief ? Figures.short(row[state]) : Figures.grouped(row[state]), colour)
            }
            let mark = Table.Cell(row.isPaused ? "paused" : "", .yellow)
            table.add([Table.Cell(row.queue)] + counts + [Table.Cell(row.latencyText), mark])
        }
        return table
    }
}
