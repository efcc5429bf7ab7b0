// Return queues: how the web side hears that a job has ended. A name; the processes that read it compete; what one
// has taken and not acknowledged comes again.

/// Proof that an announcement was taken.
public struct AnnouncementReceipt: Sendable, Hashable {
    /// The return queue.
    public var queue: String
    /// Where the announcement stands in it.
    public var number: Int64
    /// Which taking this is proof of.
    public var nonce: Int64

    /// Creates a receipt.
    public init(queue: String, number: Int64, nonce: Int64) {
        self.queue = queue
        self.number = number
        self.nonce = nonce
    }
}

/// The news that a job has ended.
public struct Announcement: Sendable, Hashable {
    /// What to acknowledge it with.
    public var receipt: AnnouncementReceipt
    /// The job.
    public var job: JobID
    /// Its type.
    public var type: String
    /// How it ended: completed, discarded or cancelled; nil if it was removed.
    public var state: JobState?
    /// When it ended.
    public var at: Timestamp
    /// What the handler returned.
    public var result: [UInt8]?
    /// The last error's message of a job that did not complete.
    public var error: String?
    /// The job's metadata.
    public var metadata: [String: String]
    /// How often it was taken, this time included.
    public var deliveries: Int

    /// How many bytes of it count against `Limits.replyBytes`: result, error and metadata.
    public var size: Int {
        (result?.count ?? 0) + (error?.utf8.count ?? 0)
            + metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    /// Creates an announcement.
    public init(
        receipt: AnnouncementReceipt, job: JobID, type: String, state: JobState?, at: Timestamp, result: [UInt8]?,
        error: String?, metadata: [String: String], deliveries: Int
    ) {
        self.receipt = receipt
        self.job = job
        self.type = type
        self.state = state
        self.at = at
        self.result = result
        self.error = error
        self.metadata = metadata
        self.deliveries = deliveries
    }
}
