// What went wrong in one attempt, kept on the record: the first error and the last nineteen, so that a job that fails
// for days shows how it began and how it goes.

/// How an attempt went wrong.
public enum FailureKind: String, Sendable, Hashable, CaseIterable {
    /// The handler threw, or the program exited with an error.
    case failed
    /// The handler asked for another attempt.
    case retry
    /// The handler said that no attempt will help.
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

/// What a handler's failure was, before a store has stamped it.
public struct Failure: Sendable, Hashable {
    /// How it went wrong.
    public var kind: FailureKind
    /// What was said, at most 4 KiB.
    public var message: String

    /// Creates a failure, its message cut to 4 KiB between two scalars.
    public init(_ kind: FailureKind, _ message: String) {
        self.kind = kind
        self.message = message.cut(toBytes: Limits.errorMessageBytes)
    }
}

/// One error on a job's record.
public struct JobError: Sendable, Hashable {
    /// When the store recorded it.
    public var at: Timestamp
    /// The attempt it ended, 0 if none had started.
    public var attempt: Int
    /// How it went wrong.
    public var kind: FailureKind
    /// What was said, at most 4 KiB.
    public var message: String

    /// Creates an error.
    public init(at: Timestamp, attempt: Int, kind: FailureKind, message: String) {
        self.at = at
        self.attempt = attempt
        self.kind = kind
        self.message = message
    }

    /// The errors with one more: the first stays, and of the rest the last nineteen.
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

    /// The crash a worker is charged with when a lease of it runs out and nothing was heard from it.
    package static func leaseRanOut(of worker: WorkerID) -> Failure {
        Failure(.crash, StoreTexts.fill(StoreTexts.leaseRanOut, "\(worker)"))
    }

    /// What is noted when a lease runs out after nobody could use the store: no crash.
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
    /// The text, or its longest beginning of at most `limit` bytes that does not split a scalar. (Looking for the
    /// boundary of a character could take long, and find none: it can have any number of accents.)
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
