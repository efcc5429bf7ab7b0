// The table of queues: one row a queue, one column a state.
import OffstageCore
import OffstageMonitor

extension Table {
    private static let states: [JobState] = [
        .available, .running, .scheduled, .retryable, .held, .completed, .discarded, .cancelled,
    ]

    /// Returns a table of queues. A brief one has short figures and leaves out states without jobs.
    static func of(_ queues: [QueueOverview], isBrief: Bool = false) -> Table {
        var states = states
        if isBrief {
            states.removeAll { state in
                state != .available && state != .running && queues.allSatisfy { $0[state] == 0 }
            }
        }
        var table = Table("queue")
        table.columns += states.map { Column(title: $0.name, isNumeric: true) }
        table.columns += [Column(title: "latency", isNumeric: true), Column(title: "")]
        for queue in queues {
            let counts = states.map { state in
                let isBad = state == .discarded && queue[state] > 0
                let figure = isBrief ? Figures.short(queue[state]) : Figures.grouped(queue[state])
                return Cell(figure, isBad ? .red : queue[state] == 0 ? .dim : nil)
            }
            let latency = queue.latency.map { DurationText.brief($0) } ?? ""
            table.add([Cell(queue.name)] + counts + [Cell(latency), Cell(queue.isPaused ? "paused" : "", .yellow)])
        }
        return table
    }
}
