// A counter's side door into the worker. All functions are called on the worker's own paths, so they must return at
// once.
public import OffstageCore

/// What counts a worker's doings.
public protocol WorkerMetrics: Sendable {
    /// Jobs were reserved.
    func reserved(_ count: Int)
    /// An attempt ended, after so many microseconds.
    func finished(_ job: ReservedJob, _ outcome: Outcome, ranMicroseconds: Int64)
    /// The store answered settlements: accepted, refused for a stale token, or without a record.
    func settled(accepted: Int, stale: Int, gone: Int)
    /// The store failed a call.
    func storeFailed(_ verb: String)
}
