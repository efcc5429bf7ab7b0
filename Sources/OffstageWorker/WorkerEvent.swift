// What a worker does, as it happens: for tests that wait for a moment instead of sleeping, and for observers of one
// process.
public import OffstageCore

/// Something that happened in a worker.
public enum WorkerEvent: Sendable, Hashable {
    /// The store knows the worker, and the worker begins to reserve.
    case ready(WorkerID)
    /// A handler is about to start.
    case started(JobID, type: String)
    /// A handler has ended; the store does not know yet.
    case finished(JobID, type: String, Outcome)
    /// The store has replied to a settlement.
    case settled(JobID, TokenAnswer)
    /// The store could not store a follow-up (the second id) with the completion of a job (the first). The text is the
    /// reason in one line.
    case followUpRefused(JobID, JobID, String)
    /// A prefetched job is handed back unstarted.
    case handedBack(JobID)
    /// A handler was told to stop and has not stopped.
    case notStopping(JobID, type: String)
    /// The worker has stopped reserving.
    case quiet
    /// The worker begins to stop.
    case stopping
    /// The worker has stopped.
    case stopped
    /// A call to the store failed; with what the worker tried to do, and the error.
    case storeFailed(String, String)
}
