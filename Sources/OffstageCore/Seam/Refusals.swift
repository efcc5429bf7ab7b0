// Why a store did not do what it was asked. Refusals are values, so every store gives the same ones, and their wording
// exists only here.

/// Why a store did not store a job.
public enum EnqueueRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// A different job has the id.
    case idTaken(JobID)
    /// The caller's own id and the unique key belong to different partitions; the store has this many partitions.
    case idAndKeyApart(partitions: Int)

    /// The reason in one line.
    public var description: String {
        switch self {
        case .idTaken(let id): StoreTexts.fill(StoreTexts.idTaken, "\(id)")
        case .idAndKeyApart(let partitions):
            "a job with a unique key cannot have an id of your own in a store of \(partitions) partitions: "
                + "leave out the id, or the key"
        }
    }
}

/// Why a manual change was not made.
public enum ChangeRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job cannot be cancelled: it has ended, in this state.
    case hasEnded(JobState)
    /// The job cannot be retried in this state: it is running or will run anyway.
    case cannotRetry(JobState)
    /// The job cannot be removed while it runs.
    case isRunning
    /// The job cannot be rescheduled: in this state it does not wait for its time.
    case isNotWaiting(JobState)
    /// The job cannot be retried: this other job holds its unique key.
    case keyHeld(by: JobID)

    /// The reason in one line.
    public var description: String {
        switch self {
        case .hasEnded(let state): "it is already \(state.name)"
        case .cannotRetry(let state): "a job that is \(state.name) cannot be retried"
        case .isRunning: "it is running: cancel it first"
        case .isNotWaiting(let state): "a job that is \(state.name) cannot be rescheduled"
        case .keyHeld(let holder): StoreTexts.fill(StoreTexts.keyHeld, "\(holder)")
        }
    }
}

extension ChangeAction {
    /// Returns why a job in this state is refused the change; nil if the state allows it.
    package func refusal(in state: JobState) -> ChangeRefusal? {
        switch self {
        case .cancel: state.after(.cancelled) == .refused ? .hasEnded(state) : nil
        case .retry: state.after(.retriedByHand) == .refused ? .cannotRetry(state) : nil
        case .remove: state.after(.removed) == .refused ? .isRunning : nil
        case .reschedule: state.isWaiting ? nil : .isNotWaiting(state)
        }
    }
}
