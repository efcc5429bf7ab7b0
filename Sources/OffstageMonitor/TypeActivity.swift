// Throughput and run time of one type over a period, added up from the minutes that the store keeps.
public import OffstageCore

/// The attempts and jobs of one type that ended within a period.
public struct TypeActivity: Sendable, Hashable {
    /// The type's name.
    public var type: String
    /// The minutes in which something ended, oldest first.
    public var minutes: [HistoryRow]

    /// Attempts that completed.
    public var completed: Int { sum(\.completed) }
    /// Attempts that failed and are retried.
    public var failed: Int { sum(\.failed) }
    /// Jobs discarded.
    public var discarded: Int { sum(\.discarded) }
    /// Jobs cancelled.
    public var cancelled: Int { sum(\.cancelled) }
    /// The sum of these four counts.
    public var ended: Int { completed + failed + discarded + cancelled }
    /// The mean run time of these attempts; nil if nothing ended.
    public var averageRun: Duration? {
        ended == 0 ? nil : .microseconds(minutes.reduce(0) { $0 + $1.ranMicroseconds } / Int64(ended))
    }
    /// The longest run time of these attempts.
    public var longestRun: Duration { .microseconds(minutes.map(\.longestMicroseconds).max() ?? 0) }

    private func sum(_ path: KeyPath<HistoryRow, Int>) -> Int { minutes.reduce(0) { $0 + $1[keyPath: path] } }

    /// Sorts history rows by type; the minutes keep their order.
    public static func of(_ rows: [HistoryRow]) -> [TypeActivity] {
        Dictionary(grouping: rows, by: \.type).sorted { $0.key < $1.key }
            .map { TypeActivity(type: $0.key, minutes: $0.value) }
    }
}
