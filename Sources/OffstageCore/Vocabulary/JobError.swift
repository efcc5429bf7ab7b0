// What went wrong in one attempt. The record keeps the first error and the last nineteen, so a job that fails for days
// shows both how the failures began and how they continue.

/// How an attempt went wrong.
public enum FailureKind: String, Sendable, Hashable, CaseIterable {
    /// The handler threw, or the program exited with an error.
    case failed
    /// The handler asked for another attempt.
    case retry
    /// The handler reported that no attempt will help.
    case discard
    /// The handler ran longer than its timeout.
    case timeout
    /// The process that ran the job died.
    case crash
    /// The worker could not renew the lease and stopped the handler.
    case leaseLost = "lease_lost"
    /// The job's expiry passed before a start.
    case expired
}

/// A handler's failure, before a store has stamped it.
public struct Failure: Sendable, Hashable {
    /// How it went wrong.
    public var kind: FailureKind
    /// The message, at most 4 KiB.
    public var message: String

    /// Creates a failure. The message is cut to 4 KiB between two Unicode scalars.
    public init(_ kind: FailureKind, _ message: String) {
        self.kind = kind
        self.message = message.cut(toBytes: Limits.errorMessageBytes)
    }
}

/// One error on a job's record.
public struct JobError: Sendable, Hashable {
    /// When the store recorded it.
    public var at: Timestamp
    /// The attempt that it ended, or 0 if none had started.
    public var attempt: Int
    /// How it went wrong.
    public var kind: FailureKind
    /// The message, at most 4 KiB.
    public var message: String

    /// Creates an error.
    public init(at: Timestamp, attempt: Int, kind: FailureKind, message: String) {
        self.at = at
        self.attempt = attempt
        self.kind = kind
        self.message = message
    }

    /// Returns the errors with one more added: the first one stays, and of the rest the last nineteen.
    public static func adding(_ error: JobError, to errors: [JobError]) -> [JobError] {
        var all = errors
        all.append(error)
        if all.count > Limits.errors { all.remove(at: 1) }
        return all
    }
}

extension Failure {
    /// The end of a job whose expiry passed before it started.
    package static let expired = Failure(.expired, StoreTexts.expired)

    /// The crash that a worker is charged with when one of its leases runs out and nothing was heard from it.
    package static func leaseRanOut(of worker: WorkerID) -> Failure {
        Failure(.crash, StoreTexts.fill(StoreTexts.leaseRanOut, "\(worker)"))
    }

    /// The error recorded when a lease runs out after no process could use the store; it is not a crash.
    package static func leaseRanOutInOutage(of worker: WorkerID) -> Failure {
        Failure(.leaseLost, StoreTexts.fill(StoreTexts.leaseRanOutInOutage, "\(worker)"))
    }
}

extension JobError {
    /// Whether this is the crash that a worker was charged with when its lease ran out.
    package func isCharge(against worker: WorkerID) -> Bool {
        kind == .crash && message == Failure.leaseRanOut(of: worker).message
    }
}

extension String {
    /// Returns the text, or its longest prefix of at most `limit` bytes that does not split a Unicode scalar.
    /// (Searching for a character boundary could take long and find none, because a character can have any number of
    /// accents.)
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
