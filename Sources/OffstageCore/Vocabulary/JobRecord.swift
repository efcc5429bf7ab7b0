// The record of a job: one flat value with everything that is known about it. Stores fill it, the monitor shows it, and
// no other code changes it. A worker gets the smaller ReservedJob.

/// Everything a store knows about one job.
public struct JobRecord: Sendable, Hashable {
    /// The identifier, made by the enqueuer.
    public var id: JobID
    /// The type's name.
    public var type: String
    /// The arguments, byte for byte; empty in listings.
    public var arguments: [UInt8] = []
    /// The queue's name.
    public var queue = "default"
    /// The priority, from 0 (first) to 9 (last).
    public var priority = 4
    /// The job's state.
    public var state = JobState.available
    /// When the job may start, or last became allowed to.
    public var runAt: Timestamp
    /// When the store accepted the job.
    public var enqueuedAt: Timestamp
    /// When the handler last actually started.
    public var attemptedAt: Timestamp?
    /// When the job ended for good.
    public var finishedAt: Timestamp?
    /// The number of the attempt that runs or ran last; 0 before the first start.
    public var attempt = 0
    /// How many attempts may count before the job is discarded.
    public var maxAttempts = 20
    /// How often a process died under this job.
    public var crashes = 0
    /// The number of crashes at which the job became a suspect; 0 if it is not one.
    public var suspectedAt = 0
    /// How often a started attempt ended without counting: handed back, rescued, snoozed, or with its lease lost.
    public var interruptions = 0
    /// The longest time that one attempt may run, in microseconds; nil for no limit.
    public var timeoutMicroseconds: Int64?
    /// The time from which on the job must not start.
    public var expiresAt: Timestamp?
    /// The key that makes the job unique among its type.
    public var uniqueKey: String?
    /// Tags to find the job by.
    public var tags: [String] = []
    /// Small facts that travel with the job.
    public var metadata: [String: String] = [:]
    /// The job whose handler enqueued this one.
    public var parent: JobID?
    /// The return queue on which the job's end is announced.
    public var returnQueue: String?
    /// The errors: the first and the last nineteen.
    public var errors: [JobError] = []
    /// The handler's last report of its progress.
    public var progress: Progress?
    /// What the handler saved to continue from.
    public var checkpoint: [UInt8]?
    /// What the handler returned.
    public var result: [UInt8]?
    /// Whether the result was longer than what is kept.
    public var resultTruncated = false
    /// The worker that holds the lease.
    public var worker: WorkerID?
    /// When the lease runs out, on the wall clock.
    public var leaseUntil: Timestamp?
    /// Whether the handler has actually started under the current lease.
    public var isStarted = false
    /// When the running job was asked to stop.
    public var cancelRequestedAt: Timestamp?

    /// Creates a record of a job that has just been accepted.
    public init(id: JobID, type: String, runAt: Timestamp, enqueuedAt: Timestamp) {
        self.id = id
        self.type = type
        self.runAt = runAt
        self.enqueuedAt = enqueuedAt
    }

    /// Returns whether the job's time allows a worker to take it now. A job that has become available stays so, even if
    /// the clock is set back to before its run-at.
    public func isDue(at now: Timestamp) -> Bool {
        state == .available || state.isWaiting && runAt <= now
    }

    /// Whether the job runs alone from now on because processes died under it.
    public var isSuspect: Bool { suspectedAt > 0 }
}
