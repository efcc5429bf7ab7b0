// One queue, as shown to a person. Latency, not length, shows whether it has enough workers: how long the oldest job
// that could start now has been waiting.
public import OffstageCore

/// A queue's counts and latency.
public struct QueueOverview: Sendable, Hashable {
    /// The queue's name.
    public var name: String
    /// The number of jobs in each state, by `JobState.rawValue`.
    public var byState: [Int]
    /// Whether the queue is paused and gives out no jobs.
    public var isPaused: Bool
    /// How long the oldest due job has waited; nil if none is due. A paused queue's jobs count too.
    public var latency: Duration?

    /// The number of jobs in a state.
    public subscript(state: JobState) -> Int { byState[state.rawValue] }

    /// The overviews of a store's queues, by name.
    public static func of(_ counts: StoreCounts) -> [QueueOverview] {
        let zeros = [Int](repeating: 0, count: JobState.allCases.count)
        var byName: [String: [Int]] = [:]
        for name in counts.paused { byName[name] = zeros }
        for name in counts.oldestDue.keys { byName[name] = zeros }
        for lane in counts.lanes { byName[lane.queue, default: zeros].add(lane.byState) }
        let paused = Set(counts.paused)
        return byName.sorted { $0.key < $1.key }.map { name, byState in
            QueueOverview(
                name: name, byState: byState, isPaused: paused.contains(name),
                latency: counts.oldestDue[name].map { max(.zero, counts.at - $0) })
        }
    }
}

extension [Int] {
    /// Adds counts state by state.
    mutating func add(_ others: [Int]) {
        for (index, other) in zip(indices, others) { self[index] += other }
    }
}
