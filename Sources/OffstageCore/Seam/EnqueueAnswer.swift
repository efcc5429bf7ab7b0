/// A store's answer to one enqueued job.
public enum EnqueueAnswer: Sendable, Hashable {
    /// The job was stored, in this state: available, scheduled, held, or discarded if it had expired.
    case stored(JobState)
    /// The same job had been stored before and is in this state; nothing new was stored.
    case repeated(JobState)
    /// Another job, with this id and state, holds the unique key; nothing was stored.
    case duplicate(of: JobID, JobState)
    /// Another job, with this id and state, held the unique key. It has the new arguments, time and expiry now.
    case replaced(JobID, JobState)
    /// Nothing was stored, for this reason.
    case refused(EnqueueRefusal)

    /// The refusal of a job whose id belongs to a different job.
    public static func taken(_ id: JobID) -> EnqueueAnswer { .refused(.idTaken(id)) }
}

/// A follow-up that a store could not store when its parent completed, for a reason that only the store could see.
public struct RefusedFollowUp: Sendable, Hashable {
    /// The job that completed.
    public let parent: JobID
    /// The follow-up.
    public let job: JobID
    /// Why it was not stored, in one line.
    public let reason: String

    /// Turns a store's answer to a follow-up into a refusal. Returns nil if the follow-up is stored, now or earlier, or
    /// if another job has its arguments now.
    public init?(_ job: JobID, of parent: JobID, _ answer: EnqueueAnswer) {
        switch answer {
        case .stored, .repeated, .replaced: return nil
        case .duplicate(let holder, _): reason = StoreTexts.fill(StoreTexts.keyHeld, "\(holder)")
        case .refused(let refusal): reason = refusal.description
        }
        self.parent = parent
        self.job = job
    }

    /// The failure to put on the parent's record.
    public var failure: Failure { Failure(.failed, StoreTexts.fill(StoreTexts.followUpRefused, "\(job)", reason)) }
}
