// One type of job, as shown to a person: how many of its jobs are in each state.
public import OffstageCore

/// A type's counts over all queues.
public struct TypeOverview: Sendable, Hashable {
    /// The type's name.
    public var type: String
    /// The number of jobs in each state, by `JobState.rawValue`.
    public var byState: [Int]

    /// The number of jobs in a state.
    public subscript(state: JobState) -> Int { byState[state.rawValue] }

    /// The overviews of a store's types, by name.
    public static func of(_ counts: StoreCounts) -> [TypeOverview] {
        let zeros = [Int](repeating: 0, count: JobState.allCases.count)
        var byType: [String: [Int]] = [:]
        for lane in counts.lanes { byType[lane.type, default: zeros].add(lane.byState) }
        return byType.sorted { $0.key < $1.key }.map { TypeOverview(type: $0.key, byState: $0.value) }
    }
}
