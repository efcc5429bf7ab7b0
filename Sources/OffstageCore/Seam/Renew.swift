/// A worker's renewal of the leases it holds.
public struct RenewRequest: Sendable {
    /// Who renews.
    public var worker: WorkerID
    /// The leases held.
    public var tokens: [Token]
    /// Leases of this worker with a smaller counter that are not listed were never received: they are handed back.
    public var grantedBefore: UInt64

    /// Creates a renewal.
    public init(worker: WorkerID, tokens: [Token], grantedBefore: UInt64) {
        self.worker = worker
        self.tokens = tokens
        self.grantedBefore = grantedBefore
    }
}

/// What a renewal found.
public struct RenewReply: Sendable, Hashable {
    /// Leases that are not this worker's any more.
    public var lost: [Token] = []
    /// Leases whose jobs are asked to cancel.
    public var cancelRequested: [Token] = []
    /// How many unlisted leases were handed back.
    public var handedBack = 0

    /// An empty reply.
    public init() {}
}

/// What a piece of upkeep did.
public struct MaintainReport: Sendable, Hashable {
    /// Jobs whose time had come.
    public var freed = 0
    /// Jobs whose expiry had passed.
    public var expired = 0
    /// Leases that had run out.
    public var rescued = 0
    /// Records that retention no longer keeps.
    public var pruned = 0
    /// Whether another call would find work now.
    public var more = false

    /// An empty report.
    public init() {}
}
