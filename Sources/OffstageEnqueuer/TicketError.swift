// A ticket either returns the output or throws one of these five errors. A job that fails and is retried causes none of
// them.
public import OffstageCore

/// Why a ticket has no result.
public enum TicketError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job was discarded; this is the message of its last error.
    case discarded(String)
    /// The job was cancelled.
    case cancelled
    /// There is no such job: its record was removed or is no longer kept.
    case gone
    /// The job had not ended within the limit; it was in this state. The job goes on without the ticket.
    case timedOut(JobState)
    /// The job completed, but its result is not the expected output, for this reason.
    case unreadable(String)

    /// One line.
    public var description: String {
        switch self {
        case .discarded(let message): "the job was discarded: \(message)"
        case .cancelled: "the job was cancelled"
        case .gone: "the job's record is gone"
        case .timedOut(let state): "the job has not ended in time, it is \(state.name)"
        case .unreadable(let text): "the job completed, but its result cannot be read: \(text)"
        }
    }
}
