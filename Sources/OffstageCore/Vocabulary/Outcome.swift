// Every way in which a handler can end, as one value. The executor makes exactly one of these however the attempt
// went, and Settlement turns it into what the store shall write; nobody else decides.

/// How one attempt of a job ended, seen from the worker.
public enum Outcome: Sendable, Hashable {
    /// The handler returned; its result as JSON bytes, already cut to the limit.
    case returned(result: [UInt8]?, truncated: Bool)
    /// The handler threw, or its program failed.
    case failed(Failure)
    /// The handler asked for another attempt at a time of its own.
    case retryAt(When, Failure)
    /// The handler said that no attempt will help.
    case discarded(Failure)
    /// The handler ran longer than its timeout, in microseconds.
    case timedOut(afterMicroseconds: Int64)
    /// The handler asked to run again later, which costs no attempt.
    case snoozed(When)
    /// The handler stopped because somebody asked the job to.
    case cancelled
    /// The handler was stopped because its worker stops; also a job that was never started.
    case interrupted
    /// The handler was stopped because the lease could not be renewed.
    case leaseLost
}
