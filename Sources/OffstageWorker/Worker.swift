// A worker takes jobs from a store, runs their handlers, and settles how each ended. This is what an app makes and
// runs; what happens inside is told by WorkerLife (its course from start to stop), Reserver (the loop to the store),
// DispatchState (who runs what) and Executor (one job).
public import OffstageCore
import Synchronization

/// Takes jobs from a store and runs their handlers; it has one life, which `run` lives.
public final class Worker: Sendable {
    /// This worker's incarnation.
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

    /// Creates a worker of `concurrency` handlers at a time. When it is told to stop, handlers have `grace` to finish.
    public convenience init(
        _ store: any WorkerStore, queues: WorkerQueues = .all, concurrency: Int = 16, grace: Duration = .seconds(25),
        middleware: [any ExecuteMiddleware] = [], enqueueMiddleware: [any EnqueueMiddleware] = [],
        options: WorkerOptions = WorkerOptions(), @HandlerBuilder handlers: () -> [Handler]
    ) {
        self.init(
            store, queues: queues, concurrency: concurrency, grace: grace, middleware: middleware,
            enqueueMiddleware: enqueueMiddleware, options: options, handlers: handlers())
    }

    /// Creates a worker with handlers from a list.
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
        // Whoever reads the log may stop reading, and a worker must go on all the same.
        options.log = LooseLog.around(options.log)
        plan = WorkerPlan(
            queues: queues, concurrency: concurrency, grace: grace, middleware: middleware,
            enqueueMiddleware: enqueueMiddleware, options: options, handlers: handlers)
    }

    /// Works until it is told to stop: by a signal, a command, `shutdown`, the cancellation of this task, or when it
    /// has drained. Throws WorkerError if it cannot begin, and StoreError if the store is of no use any more.
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

    /// Stops reserving and hands back what has not started; what runs goes on.
    public func quiet() { advance(to: .quiet) }

    /// Begins to stop, as on SIGTERM; `run` returns when that is done.
    public func shutdown() { advance(to: .stopping) }

    /// Stops at once, as on a second signal: handlers are cancelled and not waited for.
    public func stopNow() { advance(to: .stoppingNow) }

    /// What happens from now on; the stream ends with the worker. A listener that is slower than `limit` events
    /// misses the oldest.
    public func stream(buffering limit: Int = 10_000) -> AsyncStream<WorkerEvent> { events.stream(buffering: limit) }

    private func advance(to stage: WorkerLife.Stage) {
        let life = state.withLock { state in
            state.stage = max(state.stage, stage)
            return state.life
        }
        life?.advance(to: stage)
    }
}
