/// A store's answer to one enqueued job.
public enum EnqueueAnswer: Sendable, Hashable {
    /// The job was stored, in this state: available, scheduled, held, or discarded if it had expired.
    case stored(JobState)
    /// The same job was stored before; nothing new was.
    case repeated(JobState)
    /// Another job holds the unique key; nothing was stored. Its id and state.
    case duplicate(of: JobID, JobState)
    /// Another job held the unique key, and has these arguments, this time and this expiry now. Its id and state.
    case replaced(JobID, JobState)
    /// Nothing was stored.
    case refused(EnqueueRefusal)

    /// The refusal of a job whose id a different job has.
    public static func taken(_ id: JobID) -> EnqueueAnswer { .refused(.idTaken(id)) }
}

/// A follow-up that a store could not store with its parent's completion, for a reason that only the store could see.
public struct RefusedFollowUp: Sendable, Hashable {
    /// The job that completed.
    public let parent: JobID
    /// The follow-up.
    public let job: JobID
    /// Why it was not stored, in one line.
    public let reason: String

    /// The refusal that a store's answer to a follow-up means; nil if the follow-up is stored, now or before, or
    /// another job has its arguments.
    public init?(_ job: JobID, of parent: JobID, _ answer: EnqueueAnswer) {
        switch answer {
        case .stored, .repeated, .replaced: return nil
        case .duplicate(let holder, _): reason = StoreTexts.fill(StoreTexts.keyHeld, "\(holder)")
        case .refused(let refusal): reason = refusal.description
        }
        self.parent = parent
        self.job = job
    }

    /// What goes on the parent's record.
    public var failure: Failure { Failure(.failed, StoreTexts.fill(StoreTexts.followUpRefused, "\(job)", reason)) }
}
