// The path from a reserved job to its Outcome: decoding, middleware, handler, and any thrown error. Every way in which
// an attempt can end passes through `execute`. Settlement alone decides what the outcome means for the record.
import OffstageCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs handlers.
struct Executor: Sendable {
    let middleware: [any ExecuteMiddleware]
    let services: any JobServices
    let failures: ByLease<StoreError>
    /// The threads that blocking handlers run on.
    let threads: ThreadPool

    /// One attempt, from its context to its end.
    struct Attempt: Sendable {
        let context: JobContext
        let outcome: Outcome
        /// The jobs to store with the completion.
        let followUps: [NewJob]
    }

    /// Runs a job's handler to its end, then sends its follow-ups through the enqueue path that all jobs take. If a
    /// follow-up may not be stored, the attempt fails. `stopReason` is called only if something threw.
    func execute(
        _ job: ReservedJob, with handler: Handler, stopReason: @Sendable () -> StopReason?
    ) async -> Attempt {
        let context = JobContext(job: job, services: services)
        do {
            let result: JobResult
            if handler.isBlocking {
                result = try await withTaskExecutorPreference(threads) {
                    try await self.perform(context, with: handler, through: self.middleware[...])
                }
            } else if middleware.isEmpty {
                result = try await handler.perform(context)
            } else {
                result = try await perform(context, with: handler, through: middleware[...])
            }
            var followUps = services.takeFollowUps(of: job.token)
            if !followUps.isEmpty { followUps = try await services.pass(followUps, of: job.token) }
            _ = failures.take(for: job.token)
            return Attempt(context: context, outcome: outcome(of: result), followUps: followUps)
        } catch {
            _ = services.takeFollowUps(of: job.token)
            let reason = stopReason()
            if let outcome = Self.outcome(of: error, after: failures.take(for: job.token), stopReason: reason) {
                context.log.write(
                    .warning, "the store failed under a job, which is tried again later and pays nothing: \(error)",
                    [("job", "\(job.id)"), ("type", job.type)])
                return Attempt(context: context, outcome: outcome, followUps: [])
            }
            let outcome = Self.outcome(of: error, stopReason: reason)
            return Attempt(context: context, outcome: outcome, followUps: [])
        }
    }

    /// How long a job waits after the store failed during its attempt. It is not retried at once, because a full store
    /// stays full for a while, and what the handler has done so far may be expensive to repeat.
    private static let storePause = Duration.seconds(30)

    /// An attempt that ended because the worker's own store failed is not the job's fault. Returns nil for any other
    /// end.
    private static func outcome(
        of error: any Error, after failure: StoreError?, stopReason: StopReason?
    ) -> Outcome? {
        guard stopReason == nil, let failure, error as? StoreError == failure else { return nil }
        return .snoozed(.after(storePause))
    }

    private func perform(
        _ context: JobContext, with handler: Handler, through middleware: ArraySlice<any ExecuteMiddleware>
    ) async throws -> JobResult {
        guard let first = middleware.first else { return try await handler.perform(context) }
        let rest = middleware.dropFirst()
        return try await first.execute(context) { context in
            try await self.perform(context, with: handler, through: rest)
        }
    }

    /// A result that is too long is dropped entirely, because truncated JSON is not JSON.
    private func outcome(of result: JobResult) -> Outcome {
        guard let json = result.json, json.count > services.limits.resultBytes else {
            return .returned(result: result.json, truncated: result.isTruncated)
        }
        return .returned(result: nil, truncated: true)
    }

    /// What a thrown error means. An explicit outcome from the handler (such as Snooze or Discard) counts even if the
    /// handler was told to stop. Anything else that a stopped handler throws is taken as a consequence of the stop.
    static func outcome(of error: any Error, stopReason: StopReason?) -> Outcome {
        switch error {
        case let snooze as Snooze: return .snoozed(snooze.until)
        case let discard as Discard: return .discarded(Failure(.discard, discard.reason))
        case let retry as RetryAt: return .retryAt(retry.when, Failure(.retry, retry.reason))
        case is LeaseLost: return .leaseLost
        case let end as AttemptEnd where stopReason == nil: return end.outcome
        default: break
        }
        switch stopReason {
        case .timedOut(let limit): return .timedOut(afterMicroseconds: limit)
        case .shutdown: return .interrupted
        case .leaseLost: return .leaseLost
        case .cancelled where error is CancellationError: return .cancelled
        case .cancelled, nil: return .failed(failure(of: error))
        }
    }

    private static func failure(of error: any Error) -> Failure {
        switch error {
        case let known as any LocalizedError: Failure(.failed, known.errorDescription ?? String(reflecting: error))
        case let known as any CustomStringConvertible: Failure(.failed, known.description)
        default: Failure(.failed, String(reflecting: error))
        }
    }
}
