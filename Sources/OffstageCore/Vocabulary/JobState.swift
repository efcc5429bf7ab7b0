// The states of a job, the events that can happen to it, and the state that each event leads to. This is the one table
// that every store follows and that docs/lifecycle.md draws. The function is total: every pair of state and event has a
// result, and most results are `refused`.

/// The state of a job.
public enum JobState: Int, Sendable, Hashable, CaseIterable {
    /// Waits until the job that holds its unique key has ended.
    case held = 0
    /// Waits for its time.
    case scheduled
    /// Can be reserved now.
    case available
    /// Is reserved by a worker under a lease.
    case running
    /// Failed, and waits for its next attempt.
    case retryable
    /// Ended with success.
    case completed
    /// Ended for good without success: the dead set.
    case discarded
    /// Ended by request.
    case cancelled

    /// The state's word, used in documents, on the command line and everywhere else.
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

    /// Whether the job is queued for a worker: scheduled, available or retryable.
    public var isWaiting: Bool { self == .scheduled || self == .available || self == .retryable }
}

/// What can happen to a job after it has been enqueued.
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
    /// The worker gave the job back because it stops, or before it had started the job.
    case handedBack = "handed-back"
    /// The lease ran out and the job is queued again.
    case rescued
    /// The handler failed with no attempts left or gave the job up, or the job crashed alone too often.
    case gaveUp = "gave-up"
    /// The job's expiry passed before it started.
    case expired
    /// A caller cancelled the job.
    case cancelled
    /// A running job has stopped because it was cancelled.
    case stopped
    /// A caller asked for another run.
    case retriedByHand = "retried-by-hand"
    /// A caller moved the job's time into the future.
    case postponed
    /// A caller removed the record.
    case removed
}

/// What an event does to a job in a given state.
public enum Transition: Sendable, Hashable {
    /// The job goes to this state.
    case to(JobState)
    /// The record is removed.
    case gone
    /// The request is kept on the record and the state stays: a running job was asked to cancel.
    case asked
    /// The event cannot happen in this state; nothing changes.
    case refused
}

extension JobState {
    /// Returns what an event does to a job in this state; total over states and events.
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
