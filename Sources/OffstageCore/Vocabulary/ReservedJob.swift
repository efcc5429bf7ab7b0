/// A job as a worker gets it: what the handler needs, and the token that proves the lease.
public struct ReservedJob: Sendable {
    /// Proof of the lease.
    public var token: Token
    /// The type's name.
    public var type: String
    /// The queue's name.
    public var queue: String
    /// The arguments, byte for byte.
    public var arguments: [UInt8]
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int
    /// How many attempts may count before the job is discarded; `token.attempt` is the number of this one.
    public var maxAttempts: Int
    /// How often a process died under this job.
    public var crashes = 0
    /// Whether the job is a suspect of a crash: it was reserved alone, and no other job may run beside it.
    public var isSuspect = false
    /// How often a started attempt ended without counting.
    public var interruptions = 0
    /// The longest time that this attempt may run, in microseconds; nil for no limit.
    public var timeoutMicroseconds: Int64?
    /// When the store accepted the job.
    public var enqueuedAt: Timestamp
    /// When the job became due.
    public var runAt: Timestamp
    /// The time from which on the job must not start.
    public var expiresAt: Timestamp?
    /// Tags to find the job by.
    public var tags: [String] = []
    /// Small facts that travel with the job.
    public var metadata: [String: String] = [:]
    /// The job whose handler enqueued this one.
    public var parent: JobID?
    /// What an earlier attempt saved to continue from.
    public var checkpoint: [UInt8]?

    /// The identifier.
    public var id: JobID { token.job }

    /// The number of bytes that a worker keeps for it: arguments, checkpoint, tags and metadata.
    public var size: Int {
        arguments.count + (checkpoint?.count ?? 0) + tags.reduce(0) { $0 + $1.utf8.count }
            + metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    /// Creates the job of a reservation.
    public init(
        token: Token, type: String, queue: String, arguments: [UInt8], priority: Int, maxAttempts: Int,
        enqueuedAt: Timestamp, runAt: Timestamp
    ) {
        self.token = token
        self.type = type
        self.queue = queue
        self.arguments = arguments
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.enqueuedAt = enqueuedAt
        self.runAt = runAt
    }
}
