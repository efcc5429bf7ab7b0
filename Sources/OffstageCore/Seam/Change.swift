/// A manual change to jobs.
public enum ChangeAction: Sendable, Hashable {
    /// Cancels waiting and held jobs at once; asks running ones to stop.
    case cancel
    /// Runs the job again: it becomes available at once. A job that has used up its attempts gets one more. A unique
    /// job acquires its key again.
    case retry
    /// Removes the record; a running job is refused.
    case remove
    /// Moves a waiting job to another time.
    case reschedule(When)
}

/// A manual change, by id or by filter.
public struct ChangeRequest: Sendable, Hashable {
    /// Which jobs to change.
    public enum Target: Sendable, Hashable {
        /// The jobs with these ids.
        case ids([JobID])
        /// All jobs that match, starting after a cursor. One call changes at most 1,000 jobs and examines at most
        /// `Limits.pageExamines`. Jobs that the action cannot apply to are skipped.
        case filter(JobFilter, after: String?)
    }

    /// The jobs to change.
    public var target: Target
    /// What to do to them.
    public var action: ChangeAction
    /// Whether to report what would be done and change nothing.
    public var dryRun: Bool

    /// Creates a request.
    public init(_ action: ChangeAction, _ target: Target, dryRun: Bool = false) {
        self.action = action
        self.target = target
        self.dryRun = dryRun
    }
}

/// The result for one job in a change by id.
public enum ChangeAnswer: Sendable, Hashable {
    /// The job is in this state now.
    case done(JobState)
    /// The record was removed.
    case removed
    /// The job is running and was asked to stop.
    case asked
    /// Nothing was changed, for this reason.
    case refused(ChangeRefusal)
    /// There is no such job.
    case notFound
}

/// The result of a change.
public struct ChangeReply: Sendable, Hashable {
    /// By id: one answer for each job, in order.
    public var answers: [ChangeAnswer] = []
    /// By filter: how many jobs were changed, or would be.
    public var changed = 0
    /// By filter: how many jobs matched and could not be changed.
    public var refused = 0
    /// By filter: the cursor of the next chunk; nil at the end.
    public var next: String?

    /// An empty reply.
    public init() {}
}
