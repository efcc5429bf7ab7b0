/// A store's answer to one enqueued job.
public enum EnqueueAnswer: Sendable, Hashable {
    /// The job was stored, in this state: available, scheduled, held, or discarded if it had expired.
    case stored(JobState)
    /// The same job was stored before; nothing new was.
    case repeated(JobState)
    /// Another job holds the unique key; nothing was stored. Its id and state.
    case duplicate(of: JobID, JobState)
    /// Another job held the unique key, and has these arguments and this time now. Its id and state.
    case replaced(JobID, JobState)
    /// Nothing was stored; why, in one line.
    case refused(String)
}
