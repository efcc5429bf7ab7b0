// Return queues: how the web side learns that a job has ended. A return queue is a name. Processes that read the same
// queue compete, and an announcement that was taken but not acknowledged is delivered again.

/// Proof that an announcement was taken.
public struct AnnouncementReceipt: Sendable, Hashable {
    /// The return queue.
    public var queue: String
    /// The announcement's number in the queue.
    public var number: Int64
    /// Identifies this delivery; every delivery has a different nonce.
    public var nonce: Int64

    /// Creates a receipt.
    public init(queue: String, number: Int64, nonce: Int64) {
        self.queue = queue
        self.number = number
        self.nonce = nonce
    }
}

/// A job's end, as a return queue announces it.
public struct Announcement: Sendable, Hashable {
    /// The receipt to acknowledge it with.
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
    /// The message of the last error, if the job did not complete.
    public var error: String?
    /// The job's metadata.
    public var metadata: [String: String]
    /// How often it has been taken, including this time.
    public var deliveries: Int

    /// The number of bytes that count against `Limits.replyBytes`: result, error and metadata.
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
