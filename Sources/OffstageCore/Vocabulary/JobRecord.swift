// The record of a job: one flat value that says everything there is to say about it. Stores fill it, the monitor
// shows it, and nobody changes it; what a worker gets to run is the smaller ReservedJob.

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
    /// From 0, first, to 9, last.
    public var priority = 4
    /// Where the job stands.
    public var state = JobState.available
    /// When the job may start, or was last allowed to.
    public var runAt: Timestamp
    /// When the store accepted the job.
    public var enqueuedAt: Timestamp
    /// When the handler last really started.
    public var attemptedAt: Timestamp?
    /// When the job ended for good.
    public var finishedAt: Timestamp?
    /// The attempt that runs or ran last; 0 before the first start.
    public var attempt = 0
    /// How many attempts may count.
    public var maxAttempts = 20
    /// How often a process died under this job.
    public var crashes = 0
    /// With how many crashes the job became a suspect; 0 if it is none.
    public var suspectedAt = 0
    /// How often a started attempt ended without counting: handed back, rescued, snoozed, lease lost.
    public var interruptions = 0
    /// The longest one attempt may run, in microseconds.
    public var timeoutMicroseconds: Int64?
    /// From when on the job must not start.
    public var expiresAt: Timestamp?
    /// The key that makes the job unique among its type.
    public var uniqueKey: String?
    /// Words to find the job by.
    public var tags: [String] = []
    /// Small facts that travel with the job.
    public var metadata: [String: String] = [:]
    /// The job whose handler enqueued this one.
    public var parent: JobID?
    /// Where the job's end is announced.
    public var returnQueue: String?
    /// What went wrong, first and last nineteen.
    public var errors: [JobError] = []
    /// How far the handler says it is.
    public var progress: Progress?
    /// What the handler saved to go on from.
    public var checkpoint: [UInt8]?
    /// What the handler returned.
    public var result: [UInt8]?
    /// Whether the result was longer than is kept.
    public var resultTruncated = false
    /// The worker that holds the lease.
    public var worker: WorkerID?
    /// When the lease runs out, by the wall clock.
    public var leaseUntil: Timestamp?
    /// Whether the handler of the current lease has really started.
    public var isStarted = false
    /// When somebody asked the running job to stop.
    public var cancelRequestedAt: Timestamp?

    /// Creates a record of a job that has just been accepted.
    public init(id: JobID, type: String, runAt: Timestamp, enqueuedAt: Timestamp) {
        self.id = id
        self.type = type
        self.runAt = runAt
        self.enqueuedAt = enqueuedAt
    }

    /// Whether a worker may be given the job now, as far as its time decides. A job that has become available stays so,
    /// even if the clock is set back to before its run-at.
    public func isDue(at now: Timestamp) -> Bool {
        state == .available || state.isWaiting && runAt <= now
    }

    /// Whether processes died under the job so that it runs alone from now on.
    public var isSuspect: Bool { suspectedAt > 0 }
}
