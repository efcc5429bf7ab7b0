// What a store shall write about one finished attempt. A settlement can only be made from an Outcome, by the one
// function below, so that an illegal end cannot be written down: it always has a token, a failure always has its
// error, a retry its time.

/// How one attempt ended, as a store records it.
public struct Settlement: Sendable {
    /// What becomes of the job.
    public enum Kind: Sendable, Hashable {
        /// Completed with a result.
        case completed(result: [UInt8]?, truncated: Bool)
        /// Failed with attempts left: retryable, or scheduled for a time the handler named; counts.
        case retry(When, Failure)
        /// Discarded; counts.
        case discarded(Failure)
        /// Cancelled; the failure says what a handler that did not return said last.
        case cancelled(Failure?)
        /// Scheduled again; does not count.
        case snoozed(When)
        /// Available again in its old place; does not count. The failure is put on the record if there is one.
        case handedBack(Failure?)
    }

    /// Proof of the lease.
    public let token: Token
    /// What becomes of the job.
    public let kind: Kind
    /// How long the handler ran, in microseconds; nil if it never started.
    public let ranMicroseconds: Int64?
    /// Jobs to store in the same transaction, if the job completes.
    public let followUps: [NewJob]

    /// How many bytes it carries that can be many: its result, and what follows.
    public var size: Int {
        let following = followUps.isEmpty ? 0 : followUps.reduce(0) { $0 + $1.arguments.count }
        guard case .completed(let result?, _) = kind else { return following }
        return result.count + following
    }

    private init(token: Token, kind: Kind, ran: Int64?, followUps: [NewJob] = []) {
        self.token = token
        self.kind = kind
        self.ranMicroseconds = ran
        self.followUps = followUps
    }

    /// Decides what an outcome means for a job under a retry policy.
    ///
    /// A time that a handler named and that lies beyond the horizon of the limits is a failure that says so. `now` is
    /// read only for a moment; without it only what no clock could mean is refused.
    public static func of(
        _ outcome: Outcome, job: ReservedJob, policy: RetryPolicy, ranMicroseconds: Int64?, followUps: [NewJob] = [],
        random: inout any RandomSource, now: @autoclosure () -> Timestamp? = nil
    ) -> Settlement {
        let kind: Kind
        switch outcome {
        case .returned(let result, let truncated): kind = .completed(result: result, truncated: truncated)
        case .failed(let failure): kind = afterFailure(failure, job: job, policy: policy, random: &random)
        case .timedOut(let limit):
            let failure = Failure(.timeout, "stopped after its timeout of \(Double(limit) / 1_000_000) s")
            kind = afterFailure(failure, job: job, policy: policy, random: &random)
        case .retryAt(let when, let failure):
            if let problem = Limits().problem(with: when.notBefore(.zero), "time of the retry", at: now()) {
                let both = Failure(failure.kind, "\(problem) (\(failure.message))")
                kind = afterFailure(both, job: job, policy: policy, random: &random)
            } else {
                kind = job.token.attempt < job.maxAttempts ? .retry(when, failure) : .discarded(failure)
            }
        case .discarded(let failure): kind = .discarded(failure)
        case .cancelled: kind = .cancelled(nil)
        case .snoozed(let when):
            if let problem = Limits().problem(with: when.notBefore(.zero), "time of the snooze", at: now()) {
                kind = afterFailure(Failure(.failed, problem), job: job, policy: policy, random: &random)
            } else {
                kind = .snoozed(when)
            }
        case .interrupted: kind = .handedBack(nil)
        case .leaseLost: kind = .handedBack(Failure(.leaseLost, "the lease could not be renewed in time"))
        }
        return Settlement(token: job.token, kind: kind, ran: ranMicroseconds, followUps: followUps)
    }

    /// The settlement of a job that was reserved and never started.
    public static func unstarted(_ job: ReservedJob) -> Settlement {
        Settlement(token: job.token, kind: .handedBack(nil), ran: nil)
    }

    // `token.attempt` is one more than the ends that counted before, so it is the number of failures including this
    // one.
    private static func afterFailure(
        _ failure: Failure, job: ReservedJob, policy: RetryPolicy, random: inout any RandomSource
    ) -> Kind {
        guard job.token.attempt < job.maxAttempts,
            let delay = policy.delay(job.token.attempt, failure, &random)
        else { return .discarded(failure) }
        return .retry(.after(min(max(.zero, delay), Limits().horizon)), failure)
    }
}
