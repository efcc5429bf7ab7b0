// The whole store in one value, for `stats`, `top` and a start page.
public import OffstageCore

/// A store at a glance.
public struct StatsOverview: Sendable, Hashable {
    /// The store's counts, with its return queues and refused writes.
    public var counts: StoreCounts
    /// The live workers.
    public var workers: [WorkerRecord]
    /// What ended within `period`, by type.
    public var activity: [TypeActivity]
    /// The length of the time before now that `activity` covers.
    public var period: Duration

    /// The queues.
    public var queues: [QueueOverview] { QueueOverview.of(counts) }
    /// The types.
    public var types: [TypeOverview] { TypeOverview.of(counts) }
    /// How many jobs all live workers together can run at once.
    public var concurrency: Int { workers.reduce(0) { $0 + $1.status.concurrency } }
}
