// What an app's own executable brings to the command line: its handlers, and what stands around them.
public import OffstageCore
public import OffstageWorker

/// An app's part in its worker.
public struct OffstageApp: Sendable {
    /// The handlers of the app's jobs.
    public var handlers: [Handler]
    /// What stands around every handler.
    public var middleware: [any ExecuteMiddleware]
    /// What all jobs go through: those that handlers enqueue, and those of `enqueue` on the command line.
    public var enqueueMiddleware: [any EnqueueMiddleware]
    /// The worker's settings; the command line sets the clock, the log and whether to drain.
    public var options: WorkerOptions

    /// Creates an app of handlers.
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
