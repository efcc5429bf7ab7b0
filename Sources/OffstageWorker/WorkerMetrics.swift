// The interface for counters. All methods are called on the worker's own paths, so they must return at once.
public import OffstageCore

/// Counts what a worker does. The methods must not block.
public protocol WorkerMetrics: Sendable {
    /// Jobs were reserved.
    func reserved(_ count: Int)
    /// An attempt ended after it had run for this many microseconds.
    func finished(_ job: ReservedJob, _ outcome: Outcome, ranMicroseconds: Int64)
    /// The store replied to settlements: accepted, refused for a stale token, or refused because the record is gone.
    func settled(accepted: Int, stale: Int, gone: Int)
    /// A call to the store failed; `verb` is what the worker tried to do.
    func storeFailed(_ verb: String)
}
