/// What is done to jobs by hand.
public enum ChangeAction: Sendable, Hashable {
    /// Waiting jobs are cancelled at once, running ones asked.
    case cancel
    /// Another run: available at once. A job whose attempts are used up is allowed one more. A unique job acquires
    /// its key again.
    case retry
    /// The record goes; a running job is refused.
    case remove
    /// A waiting job gets another time.
    case reschedule(When)
}

/// A change by hand, by id or by filter.
public struct ChangeRequest: Sendable, Hashable {
    /// Which jobs.
    public enum Target: Sendable, Hashable {
        /// These.
        case ids([JobID])
        /// All that fit, up to 1,000 changed and Limits.pageExamines examined a call, from a cursor on. Jobs that the
        /// action cannot apply to are passed over.
        case filter(JobFilter, after: String?)
    }

    /// Which jobs.
    public var target: Target
    /// What is done to them.
    public var action: ChangeAction
    /// Only answer what would be done.
    public var dryRun: Bool

    /// Creates a request.
    public init(_ action: ChangeAction, _ target: Target, dryRun: Bool = false) {
        self.action = action
        self.target = target
        self.dryRun = dryRun
    }
}

/// What became of one job in a change by id.
public enum ChangeAnswer: Sendable, Hashable {
    /// It is in this state now.
    case done(JobState)
    /// The record is gone.
    case removed
    /// It runs, and is asked to stop.
    case asked
    /// Nothing was changed.
    case refused(ChangeRefusal)
    /// There is no such job.
    case notFound
}

/// What a change did.
public struct ChangeReply: Sendable, Hashable {
    /// By id: one answer each, in order.
    public var answers: [ChangeAnswer] = []
    /// By filter: how many jobs were changed, or would be.
    public var changed = 0
    /// By filter: how many fit and could not be changed.
    public var refused = 0
    /// By filter: where the next chunk begins; nil at the end.
    public var next: String?

    /// An empty reply.
    public init() {}
}
