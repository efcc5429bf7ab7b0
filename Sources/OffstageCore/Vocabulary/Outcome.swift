// Every way in which a handler can end, as one value. The executor makes exactly one of these for each attempt, and
// Settlement turns it into what the store must write. No other code decides.

/// How one attempt of a job ended, from the worker's point of view.
public enum Outcome: Sendable, Hashable {
    /// The handler returned; its result as JSON bytes, already cut to the limit.
    case returned(result: [UInt8]?, truncated: Bool)
    /// The handler threw, or its program failed.
    case failed(Failure)
    /// The handler asked for another attempt at a time that it chose.
    case retryAt(When, Failure)
    /// The handler reported that no attempt will help.
    case discarded(Failure)
    /// The handler ran longer than its timeout, in microseconds.
    case timedOut(afterMicroseconds: Int64)
    /// The handler asked to run again later, which costs no attempt.
    case snoozed(When)
    /// The handler stopped because the job was asked to cancel.
    case cancelled
    /// The handler was stopped because its worker stops. Also used for a job that was never started.
    case interrupted
    /// The handler was stopped because the lease could not be renewed.
    case leaseLost
}
