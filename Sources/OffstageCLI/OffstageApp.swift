// What an app's own executable adds to the command line: its handlers, middleware and worker settings.
public import OffstageCore
public import OffstageWorker

/// An app's handlers and settings for its worker.
public struct OffstageApp: Sendable {
    /// The handlers of the app's jobs.
    public var handlers: [Handler]
    /// The middleware around every handler.
    public var middleware: [any ExecuteMiddleware]
    /// The middleware for every enqueue: by handlers, and by `enqueue` on the command line.
    public var enqueueMiddleware: [any EnqueueMiddleware]
    /// The worker's settings; the command line sets the clock, the log and whether to drain.
    public var options: WorkerOptions

    /// Creates an app from its handlers.
    public init(
        middleware: [any ExecuteMiddleware] = [], enqueueMiddleware: [any EnqueueMiddleware] = [],
        options: WorkerOptions = WorkerOptions(), @HandlerBuilder handlers: () -> [Handler] = { [] }
    ) {
        self.handlers = handlers()
        self.middleware = middleware
        self.enqueueMiddleware = enqueueMiddleware
        self.options = options
    }
}
