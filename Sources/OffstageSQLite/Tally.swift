// The sums of a transaction, written once at its end: a thousand settled jobs change a lane's counts and a type's
// minute of history once, not a thousand times.
import OffstageCore

/// The sums of one transaction.
struct Tally {
    struct LaneChange {
        var states = [Int](repeating: 0, count: 8)
        var completed = 0
        var failed = 0
        var discarded = 0
        var cancelled = 0
        var ran: Int64 = 0
        var longest: Int64 = 0

        var waiting: Int {
            states[JobState.scheduled.rawValue] + states[JobState.available.rawValue]
                + states[JobState.retryable.rawValue]
        }
    }

    var lanes: [Int64: LaneChange] = [:]
    var staleRefused = 0
    var returnsWaiting: [String: Int] = [:]
    var returnsDropped: [String: Int] = [:]

    mutating func move(_ lane: Int64, from: JobState?, to: JobState?, count: Int = 1) {
        guard from != to else { return }
        if let from { lanes[lane, default: LaneChange()].states[from.rawValue] -= count }
        if let to { lanes[lane, default: LaneChange()].states[to.rawValue] += count }
    }

    mutating func ended(_ lane: Int64, as state: JobState, ran: Int64) {
        var change = lanes[lane, default: LaneChange()]
        switch state {
        case .completed: change.completed += 1
        case .retryable: change.failed += 1
        case .discarded: change.discarded += 1
        case .cancelled: change.cancelled += 1
        default: return
        }
        change.ran += ran
        change.longest = max(change.longest, ran)
        lanes[lane] = change
    }
}

extension WriteSession {
    /// Writes the sums of the transaction.
    func flushTally() throws {
        let minute = now.microseconds / 60_000_000 * 60_000_000
        for (id, change) in tally.lanes {
            let update = statements.lanes.add
            for (index, count) in change.states.enumerated() { update.bind(Int32(index + 1), count) }
            update.bind(9, id)
            if change.states.contains(where: { $0 != 0 }) { try update.run() }
            guard change.completed + change.failed + change.discarded + change.cancelled > 0 else { continue }
            let history = statements.sums.addHistory
            history.bind(1, minute)
            history.bind(2, try lane(id).type)
            history.bind(3, change.completed)
            history.bind(4, change.failed)
            history.bind(5, change.discarded)
            history.bind(6, change.cancelled)
            history.bind(7, change.ran)
            history.bind(8, change.longest)
            try history.run()
        }
        if tally.staleRefused > 0 {
            statements.sums.addStale.bind(1, tally.staleRefused)
            try statements.sums.addStale.run()
        }
        for name in Set(tally.returnsWaiting.keys).union(tally.returnsDropped.keys) {
            let add = statements.sums.addReturns
            add.bind(1, name)
            add.bind(2, tally.returnsWaiting[name] ?? 0)
            add.bind(3, tally.returnsDropped[name] ?? 0)
            try add.run()
        }
        tally = Tally()
    }
}
