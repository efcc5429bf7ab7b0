// Middleware may change jobs as it likes, and a store takes only valid ones; so what comes out of it is checked once
// more.
/// Checks jobs that middleware may have changed, for a store takes only valid ones.
package struct CheckAgain: EnqueueMiddleware {
    private let limits: Limits
    private let time: (any TimeSource)?

    package init(limits: Limits = Limits(), time: (any TimeSource)? = nil) {
        self.limits = limits
        self.time = time
    }

    package func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        for job in jobs { try job.validate(limits, now: time?.now()) }
        return try await next(jobs)
    }
}
