// Where a job stands, what can happen to it, and where that takes it: the one table that every store obeys and that
// docs/lifecycle.md draws. The function is total: every pair of state and event has an answer, and most answers are
// "refused".

/// Where a job stands.
public enum JobState: Int, Sendable, Hashable, CaseIterable {
    /// Waits for a unique predecessor to end.
    case held = 0
    /// Waits for its time.
    case scheduled
    /// Can be reserved now.
    case available
    /// Is reserved by a worker under a lease.
    case running
    /// Failed, and waits for its next attempt.
    case retryable
    /// Ended well.
    case completed
    /// Ended for good without success: the dead set.
    case discarded
    /// Ended by request.
    case cancelled

    /// The word used in documents, the command line and everywhere else.
    public var name: String {
        switch self {
        case .held: "held"
        case .scheduled: "scheduled"
        case .available: "available"
        case .running: "running"
        case .retryable: "retryable"
        case .completed: "completed"
        case .discarded: "discarded"
        case .cancelled: "cancelled"
        }
    }

    /// Finds a state by its word.
    public init?(name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }

    /// Whether nothing more happens to the job by itself.
    public var isEnded: Bool { rawValue >= JobState.completed.rawValue }

    /// Whether the job stands in line for a worker: scheduled, available or retryable.
    public var isWaiting: Bool { self == .scheduled || self == .available || self == .retryable }
}

/// What can happen to a job after it was enqueued.
public enum JobEvent: String, Sendable, Hashable, CaseIterable {
    /// The time a job waited for has come.
    case due
    /// The unique predecessor ended.
    case freed
    /// A worker took the job under a lease.
    case reserved
    /// The handler returned.
    case returned
    /// The handler failed and attempts are left.
    case failed
    /// The handler asked to be run again later.
    case snoozed
    /// The worker gave the job back: it stops, or had not started it.
    case handedBack = "handed-back"
    /// The lease ran out and the job goes back in line.
    case rescued
    /// The handler failed with no attempts left, said so itself, or crashed alone too often.
    case gaveUp = "gave-up"
    /// The job's expiry passed before a start.
    case expired
    /// Somebody cancelled the job.
    case cancelled
    /// A running job has stopped because it was cancelled.
    case stopped
    /// Somebody asked for another run by hand.
    case retriedByHand = "retried-by-hand"
    /// Somebody moved the job's time into the future.
    case postponed
    /// Somebody removed the record.
    case removed
}

/// What an event does to a job in a given state.
public enum Transition: Sendable, Hashable {
    /// The job is in this state now.
    case to(JobState)
    /// The record is gone.
    case gone
    /// The request is kept on the record, and the state stays: a running job that is asked to cancel.
    case asked
    /// The event cannot happen in this state; nothing changes.
    case refused
}

extension JobState {
    /// What an event does to a job in this state; total over states and events.
    public func after(_ event: JobEvent) -> Transition {
        switch (self, event) {
        case (.scheduled, .due), (.retryable, .due): .to(.available)
        case (.held, .freed): .to(.available)
        case (.scheduled, .reserved), (.available, .reserved), (.retryable, .reserved): .to(.running)
        case (.running, .returned): .to(.completed)
        case (.running, .failed): .to(.retryable)
        case (.running, .snoozed): .to(.scheduled)
        case (.running, .handedBack), (.running, .rescued): .to(.available)
        case (.running, .gaveUp): .to(.discarded)
        case (.held, .expired), (.scheduled, .expired), (.available, .expired), (.retryable, .expired): .to(.discarded)
        case (.running, .expired): .to(.discarded)
        case (.held, .cancelled), (.scheduled, .cancelled), (.available, .cancelled), (.retryable, .cancelled):
            .to(.cancelled)
        case (.running, .cancelled): .asked
        case (.running, .stopped): .to(.cancelled)
        case (.scheduled, .retriedByHand), (.retryable, .retriedByHand), (.discarded, .retriedByHand),
            (.cancelled, .retriedByHand), (.completed, .retriedByHand):
            .to(.available)
        case (.scheduled, .postponed), (.available, .postponed), (.retryable, .postponed): .to(.scheduled)
        case (.running, .removed): .refused
        case (_, .removed): .gone
        default: .refused
        }
    }
}
