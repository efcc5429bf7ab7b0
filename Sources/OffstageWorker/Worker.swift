// A worker takes jobs from a store, runs their handlers, and settles how each ended. An app creates and runs this type.
// Its parts are WorkerLife (from start to stop), Reserver (the loop to the store), DispatchState (which slot runs which
// job) and Executor (one job).
public import OffstageCore
import Synchronization

/// Takes jobs from a store and runs their handlers. A worker runs once: `run` cannot be called again.
public final class Worker: Sendable {
    /// The id of this worker; each instance has its own.
    public let id: WorkerID
    let store: any WorkerStore
    let plan: WorkerPlan
    let events = WorkerEvents()

    private struct State {
        var hasRun = false
        var stage = WorkerLife.Stage.working
        var life: WorkerLife?
    }

    private let state = Mutex(State())

    /// Creates a worker that runs up to `concurrency` handlers at a time, from 1 to 10,000. When the worker is told to
    /// stop, handlers have `grace` to finish. `run` checks the arguments.
    public convenience init(
        _ store: any WorkerStore, queues: WorkerQueues = .all, concurrency: Int = 16, grace: Duration = .seconds(25),
        middleware: [any ExecuteMiddleware] = [], enqueueMiddleware: [any EnqueueMiddleware] = [],
        options: WorkerOptions = WorkerOptions(), @HandlerBuilder handlers: () -> [Handler]
    ) {
        self.init(
            store, queues: queues, concurrency: concurrency, grace: grace, middleware: middleware,
            enqueueMiddleware: enqueueMiddleware, options: options, handlers: handlers())
    }

    /// Creates a worker with a list of handlers; the same as the other initializer in everything else.
    public init(
        _ store: any WorkerStore, queues: WorkerQueues = .all, concurrency: Int = 16, grace: Duration = .seconds(25),
        middleware: [any ExecuteMiddleware] = [], enqueueMiddleware: [any EnqueueMiddleware] = [],
        options: WorkerOptions = WorkerOptions(), handlers: [Handler]
    ) {
        var random = options.random
        id = WorkerID(bits: random.next())
        self.store = store
        var options = options
        options.random = SharedRandom(random)
        // The reader of the log may stop reading, and the worker must continue all the same.
        options.log = LooseLog.around(options.log)
        plan = WorkerPlan(
            queues: queues, concurrency: concurrency, grace: grace, middleware: middleware,
            enqueueMiddleware: enqueueMiddleware, options: options, handlers: handlers)
    }

    /// Works until the worker is told to stop by a signal, a command, `shutdown`, `stopNow`, or the cancellation of
    /// this task, or until it has drained. Throws WorkerError if it cannot begin or has run before, the error of the
    /// first call to the store if that call fails, and StoreError if the store can no longer be used.
    public func run() async throws {
        try plan.check()
        let hadRun = state.withLock { state in
            defer { state.hasRun = true }
            return state.hasRun
        }
        guard !hadRun else { throw WorkerError.alreadyRan }
        let life = WorkerLife(id: id, store: store, plan: plan, events: events)
        let stage = state.withLock { state in
            state.life = life
            return state.stage
        }
        life.advance(to: stage)
        defer { events.finish() }
        try await withTaskCancellationHandler {
            try await life.run()
        } onCancel: {
            life.advance(to: .stopping)
        }
    }

    /// Stops reserving and hands back the jobs that have not started; running jobs continue.
    public func quiet() { advance(to: .quiet) }

    /// Begins to stop, as on SIGTERM; `run` returns when that is done.
    public func shutdown() { advance(to: .stopping) }

    /// Stops at once, as on a second signal: handlers are cancelled and not waited for.
    public func stopNow() { advance(to: .stoppingNow) }

    /// Returns a stream of what happens from now on; it ends with the worker. A listener that falls more than `limit`
    /// events behind misses the oldest.
    public func stream(buffering limit: Int = 10_000) -> AsyncStream<WorkerEvent> { events.stream(buffering: limit) }

    private func advance(to stage: WorkerLife.Stage) {
        let life = state.withLock { state in
            state.stage = max(state.stage, stage)
            return state.life
        }
        life?.advance(to: stage)
    }
}
