// What a worker does, as it does it: for tests that wait for a moment instead of sleeping, and for whoever watches
// one process.
public import OffstageCore

/// Something that happened in a worker.
public enum WorkerEvent: Sendable, Hashable {
    /// The worker is known to the store and begins to reserve.
    case ready(WorkerID)
    /// A handler starts.
    case started(JobID, type: String)
    /// A handler has ended; the store does not know yet.
    case finished(JobID, type: String, Outcome)
    /// The store has answered a settlement.
    case settled(JobID, TokenAnswer)
    /// The store could not store a follow-up (the second id) with the completion of a job (the first); why, in one
    /// line.
    case followUpRefused(JobID, JobID, String)
    /// A prefetched job goes back unstarted.
    case handedBack(JobID)
    /// A handler was told to stop and has not.
    case notStopping(JobID, type: String)
    /// The worker has stopped reserving.
    case quiet
    /// The worker begins to stop.
    case stopping
    /// The worker has stopped.
    case stopped
    /// The store failed a call; which, and how.
    case storeFailed(String, String)
}
