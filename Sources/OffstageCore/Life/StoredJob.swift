// A job as a store decides about it: the record that everyone sees, and the few additional facts that only the store
// needs. Life.swift defines what may happen to it. A store loads a stored job, lets it decide, and writes what has
// changed.

/// A job and what a store knows about it.
package struct StoredJob: Sendable {
    /// The record, as the monitor shows it.
    package var record: JobRecord
    /// The acceptance number.
    package let seq: Int64
    /// The digest of the caller's request; it distinguishes a repeated enqueue from a different one.
    package let digest: UInt64
    /// Whether the caller chose the id. Such an id is remembered after the record is removed.
    package let callerChoseID: Bool
    /// The rule by which the job is unique.
    package let unique: UniqueRule?
    /// How many ends counted as failures; an attempt's number is one more.
    package var failures = 0
    /// The lease, while the job runs.
    package var lease: JobLease?
    /// The end that was accepted last.
    package var settled: SettleMark?
    /// Until when an ended job is kept.
    package var keepUntil: Timestamp?

    /// Creates a job from what was stored of it.
    package init(record: JobRecord, seq: Int64, digest: UInt64, callerChoseID: Bool, unique: UniqueRule?) {
        self.record = record
        self.seq = seq
        self.digest = digest
        self.callerChoseID = callerChoseID
        self.unique = unique
    }

    /// Creates a job that is stored now: scheduled or available.
    package init(_ new: NewJob, seq: Int64, runAt: Timestamp, now: Timestamp) {
        record = JobRecord(id: new.id, type: new.type, runAt: runAt, enqueuedAt: now)
        record.arguments = new.arguments
        record.queue = new.queue
        record.priority = new.priority
        record.state = runAt > now ? .scheduled : .available
        record.maxAttempts = new.maxAttempts
        record.timeoutMicroseconds = new.timeoutMicroseconds
        record.expiresAt = new.expires?.resolved(at: now)
        record.uniqueKey = new.unique?.key
        record.tags = new.tags
        record.metadata = new.metadata
        record.parent = new.parent
        record.returnQueue = new.returnQueue
        self.seq = seq
        digest = new.digest
        callerChoseID = new.callerChoseID
        unique = new.unique
    }
}

/// A worker's hold on a running job.
package struct JobLease: Sendable, Hashable {
    /// The worker that holds it.
    package let worker: WorkerID
    /// The lease's number among the worker's.
    package let counter: UInt64
    /// The number of the attempt.
    package let attempt: Int
    /// When it runs out, by the lease clock.
    package var deadline: Int64
    /// When the handler started; nil if it has not.
    package var startedAt: Timestamp?
    /// Whether it was granted for a suspect of a crash. The worker takes no other job while it holds this lease, even
    /// if the job stops being a suspect meanwhile.
    package let isSuspects: Bool

    /// Creates a lease.
    package init(
        worker: WorkerID, counter: UInt64, attempt: Int, deadline: Int64, startedAt: Timestamp? = nil,
        isSuspects: Bool = false
    ) {
        self.isSuspects = isSuspects
        self.worker = worker
        self.counter = counter
        self.attempt = attempt
        self.deadline = deadline
        self.startedAt = startedAt
    }

    /// Returns whether a token proves this lease.
    package func isProved(by token: Token) -> Bool {
        worker == token.worker && counter == token.counter && attempt == token.attempt
    }
}
