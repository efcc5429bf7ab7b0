/// A worker's renewal of the leases it holds.
public struct RenewRequest: Sendable {
    /// The worker that renews.
    public var worker: WorkerID
    /// The leases that the worker holds.
    public var tokens: [Token]
    /// Unlisted leases of this worker with a smaller counter were never received; they are handed back.
    public var grantedBefore: UInt64

    /// Creates a renewal.
    public init(worker: WorkerID, tokens: [Token], grantedBefore: UInt64) {
        self.worker = worker
        self.tokens = tokens
        self.grantedBefore = grantedBefore
    }
}

/// The result of a renewal.
public struct RenewReply: Sendable, Hashable {
    /// Leases that no longer belong to this worker.
    public var lost: [Token] = []
    /// Leases whose jobs were asked to cancel.
    public var cancelRequested: [Token] = []
    /// How many unlisted leases were handed back.
    public var handedBack = 0

    /// An empty reply.
    public init() {}
}

/// What one call of `Store.maintain` did.
public struct MaintainReport: Sendable, Hashable {
    /// Jobs made available because their time had come.
    public var freed = 0
    /// Jobs discarded because their expiry had passed.
    public var expired = 0
    /// Expired leases taken back.
    public var rescued = 0
    /// Records removed because retention no longer keeps them.
    public var pruned = 0
    /// Whether another call would find work now.
    public var more = false

    /// An empty report.
    public init() {}
}
