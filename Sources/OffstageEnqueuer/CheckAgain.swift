// Middleware may change jobs as it likes, and a store takes only valid ones; so what comes out of it is checked once
// more.
import OffstageCore

/// Checks jobs that middleware may have changed, for a store takes only valid ones.
struct CheckAgain: EnqueueMiddleware {
    let limits: Limits

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        for job in jobs { try job.validate(limits) }
        return try await next(jobs)
    }
}
