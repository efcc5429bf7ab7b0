// One job as the model holds it: the record that everybody sees, and the few facts beside it that only the store
// needs.
import OffstageCore

/// A job in memory.
struct MemoryJob {
    /// What the monitor sees; worker and lease are filled in when it is shown.
    var record: JobRecord
    /// The acceptance number.
    let seq: Int64
    /// What the caller said, to tell a repeated enqueue from a different one.
    let digest: UInt64
    /// Whether the caller chose the id, which is then remembered after the record has gone.
    let callerChoseID: Bool
    /// How the job asked to be unique.
    let unique: UniqueRule?
    /// The ends that counted; an attempt's number is one more.
    var failures = 0
    /// The lease, while the job runs.
    var lease: MemoryLease?
    /// The settlement that was accepted last.
    var settled: SettleMark?
    /// Until when an ended job is kept.
    var keepUntil: Timestamp?

    init(_ new: NewJob, seq: Int64, runAt: Timestamp, now: Timestamp) {
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

    /// The scope and key under which the job is unique.
    var key: UniqueKey? { unique.map { UniqueKey(type: record.type, key: $0.key) } }

    /// Moves the job where an event takes it; an event that cannot happen is a fault of the model.
    mutating func move(_ event: JobEvent) {
        guard case .to(let state) = record.state.after(event) else {
            preconditionFailure("\(event.rawValue) cannot happen to a job that is \(record.state.name)")
        }
        record.state = state
    }

    /// Puts an error on the record, stamped with the attempt that runs or ran last.
    mutating func add(_ failure: Failure?, at now: Timestamp) {
        guard let failure else { return }
        let error = JobError(at: now, attempt: record.attempt, kind: failure.kind, message: failure.message)
        record.errors = JobError.adding(error, to: record.errors)
    }
}

/// A worker's hold on a running job.
struct MemoryLease {
    /// The proof that the worker was given.
    let token: Token
    /// When it runs out, by the lease clock.
    var deadline: Int64
    /// Whether the handler has really started.
    var isStarted = false
}
