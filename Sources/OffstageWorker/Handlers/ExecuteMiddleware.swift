// What stands around every handler of a worker: it can measure, set up task-locals, translate errors, or refuse by
// throwing.
public import OffstageCore

/// Stands between the worker and its handlers.
public protocol ExecuteMiddleware: Sendable {
    /// Runs around a job; calls `next` to go on.
    func execute(
        _ context: JobContext, next: @Sendable (JobContext) async throws -> JobResult
    ) async throws -> JobResult
}
