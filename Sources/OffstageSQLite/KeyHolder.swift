// The holder of a unique key, as a row of the table of keys states it.
import OffstageCore

/// The holder of a unique key.
struct KeyHolder {
    var seq: Int64
    var id: JobID
    var release: UniqueRule.Release
    var until: Timestamp?
    var successor: Int64?

    /// Whether its window has ended.
    func isOver(at now: Timestamp) -> Bool { until.map { $0 <= now } ?? false }
}
