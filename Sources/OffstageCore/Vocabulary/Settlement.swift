// What a store must write about one finished attempt. A settlement can only be made from an Outcome, by the one
// function below, so an illegal end cannot be written: there is always a token, every failure has its error, and every
// retry its time.

/// How one attempt ended, as a store records it.
public struct Settlement: Sendable {
    /// What happens to the job.
    public enum Kind: Sendable, Hashable {
        /// Completed with a result.
        case completed(result: [UInt8]?, truncated: Bool)
        /// Failed with attempts left: the job waits as retryable, until a time from the policy or from the handler.
        /// Counts.
        case retry(When, Failure)
        /// Discarded. Counts.
        case discarded(Failure)
        /// Cancelled. The failure is the last error of a handler that did not return.
        case cancelled(Failure?)
        /// Scheduled again. Does not count.
        case snoozed(When)
        /// Available again in its old place. Does not count. The failure, if any, is put on the record.
        case handedBack(Failure?)
    }

    /// Proof of the lease.
    public let token: Token
    /// What happens to the job.
    public let kind: Kind
    /// How long the handler ran, in microseconds; nil if it never started.
    public let ranMicroseconds: Int64?
    /// Jobs to store in the same transaction, if the job completes.
    public let followUps: [NewJob]

    /// The number of its bytes that can be large: the result and the arguments of the follow-ups.
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
    /// A time that a handler chose beyond the horizon of the limits becomes a failure that states so. `now` is read
    /// only for a moment. Without it, only moments that are implausible on any clock are refused.
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

    /// Returns the settlement of a job that was reserved and never started.
    public static func unstarted(_ job: ReservedJob) -> Settlement {
        Settlement(token: job.token, kind: .handedBack(nil), ran: nil)
    }

    // `token.attempt` is one more than the number of ends that counted before, so it is the number of failures
    // including this one.
    private static func afterFailure(
        _ failure: Failure, job: ReservedJob, policy: RetryPolicy, random: inout any RandomSource
    ) -> Kind {
        guard job.token.attempt < job.maxAttempts,
            let delay = policy.delay(job.token.attempt, failure, &random)
        else { return .discarded(failure) }
        return .retry(.after(min(max(.zero, delay), Limits().horizon)), failure)
    }
}
