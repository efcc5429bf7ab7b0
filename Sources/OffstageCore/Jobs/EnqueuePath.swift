// The one path of jobs to a store, whether the app, a handler (children and follow-ups) or the caller's own transaction
// enqueues them. The app's middleware comes first. Then come the steps that no middleware may undo: the jobs that come
// out of it are validated against the limits, and a commit with an unknown outcome is sent again with the same ids.

/// The path of jobs through middleware and limits to a store.
package struct EnqueuePath: Sendable {
    /// Takes a batch at the end of the path and returns an answer for each job, in order.
    package typealias Sink = @Sendable ([NewJob]) async throws -> [EnqueueAnswer]

    /// The bounds of what a job may carry.
    package let limits: Limits
    /// Whether the app has middleware on the path.
    package let hasMiddleware: Bool
    private let steps: [any EnqueueMiddleware]

    /// Creates a path. Middleware is called in the given order, the first one outermost.
    package init(middleware: [any EnqueueMiddleware], limits: Limits, time: any TimeSource) {
        self.limits = limits
        hasMiddleware = !middleware.isEmpty
        steps =
            middleware + (middleware.isEmpty ? [] : [CheckAgain(limits: limits, time: time)]) + [SendAgain(time: time)]
    }

    /// Sends one batch of jobs that were made under the limits. Returns an answer for each job, in order.
    ///
    /// Throws what middleware throws, InvalidJob for invalid jobs that middleware produced, EnqueueError if it remains
    /// unknown whether the jobs were stored, and what the sink throws.
    package func send(_ jobs: [NewJob], to sink: @escaping Sink) async throws -> [EnqueueAnswer] {
        let answers = try await Self.send(jobs, through: steps[...], to: sink)
        guard answers.count == jobs.count else {
            throw InvalidJob("the enqueue middleware gave \(answers.count) answers for \(jobs.count) jobs")
        }
        return answers
    }

    private static func send(
        _ jobs: [NewJob], through steps: ArraySlice<any EnqueueMiddleware>, to sink: @escaping Sink
    ) async throws -> [EnqueueAnswer] {
        guard let first = steps.first else { return try await sink(jobs) }
        let rest = steps.dropFirst()
        return try await first.enqueue(jobs) { jobs in try await send(jobs, through: rest, to: sink) }
    }
}

/// Validates jobs that middleware may have changed, because a store takes only valid ones.
private struct CheckAgain: EnqueueMiddleware {
    let limits: Limits
    let time: any TimeSource

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        for job in jobs { try job.validate(limits, now: time.now()) }
        return try await next(jobs)
    }
}

/// Sends a batch again, up to twice, when it is unknown whether it was stored; the enqueuer makes the ids so that this
/// is safe. If the outcome remains unknown, the error carries the jobs as they were sent, and the caller can send them
/// again later.
private struct SendAgain: EnqueueMiddleware {
    let time: any TimeSource
    private static let pauses: [Duration] = [.milliseconds(20), .milliseconds(200)]

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        var pauses = Self.pauses[...]
        var isFirst = true
        while true {
            do {
                let answers = try await next(jobs)
                return isFirst ? answers : answers.map(Self.ours)
            } catch StoreError.unknownOutcome(let text) {
                let unknown = EnqueueError(StoreError.unknownOutcome(text), jobs: jobs, totals: EnqueueTotals())
                guard let pause = pauses.popFirst() else { throw unknown }
                do { try await time.sleep(for: pause) } catch { throw unknown }
                isFirst = false
            }
        }
    }

    // What a later sending finds stored is what an earlier one stored.
    private static func ours(_ answer: EnqueueAnswer) -> EnqueueAnswer {
        if case .repeated(let state) = answer { .stored(state) } else { answer }
    }
}
