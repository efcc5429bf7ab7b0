// Middleware around every handler of a worker. It can measure, set task-locals, translate errors, or refuse a job by
// throwing.
public import OffstageCore

/// Wraps the execution of every job of a worker.
public protocol ExecuteMiddleware: Sendable {
    /// Runs around one job. Call `next` to run the rest of the middleware and the handler; it returns their result and
    /// rethrows their error. Returns the result to store. An error that this method throws ends the attempt as if the
    /// handler had thrown it.
    func execute(
        _ context: JobContext, next: @Sendable (JobContext) async throws -> JobResult
    ) async throws -> JobResult
}
