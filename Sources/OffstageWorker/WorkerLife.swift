// A worker's course: introduce itself to the store, start the runners and the background tasks, wait until it is told
// to stop, and stop so that a deploy costs nothing. All of this runs on one thread of the worker, apart from the
// runners. Whatever handlers do to Swift's shared threads, leases are renewed and timeouts are enforced. The task that
// called `run` only waits, so cancelling it cannot disrupt the stop.
import OffstageCore
import Synchronization

/// One worker from start to stop.
final class WorkerLife: Sendable {
    /// How far the worker is on its way to the end.
    enum Stage: Int, Comparable, Sendable {
        case working, quiet, stopping, stoppingNow
        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    struct State {
        var stage = Stage.working
        var isReady = false
        var fatal: (any Error)?
        var guardian: EndGuard?
    }

    let id: WorkerID
    let store: any WorkerStore
    let plan: WorkerPlan
    let events: WorkerEvents
    let timings: Timings
    let dispatcher: Dispatcher
    let control = ThreadPool(limit: 1)
    let blocking: ThreadPool
    let alarm: Alarm
    let deaths: Deaths
    let beat = Bell()
    let upkeep = Bell()
    let state = Mutex(State())
    let random: SharedRandom
    let startedAt: Timestamp

    init(id: WorkerID, store: any WorkerStore, plan: WorkerPlan, events: WorkerEvents) {
        self.id = id
        self.store = store
        self.plan = plan
        self.events = events
        timings = Timings(plan.options, lease: store.traits.lease)
        dispatcher = Dispatcher(
            slots: plan.concurrency, timings: timings, waiter: store.makeWaiter(for: plan.selection))
        blocking = ThreadPool(limit: plan.concurrency)
        alarm = Alarm(time: plan.options.time, executor: control)
        deaths = Deaths(plan.options.onDeath)
        random = SharedRandom(plan.options.random)
        startedAt = plan.options.time.now()
    }

    var options: WorkerOptions { plan.options }
    var stage: Stage { state.withLock { $0.stage } }

    /// Runs the worker to its end. Throws the error that made it end early.
    func run() async throws {
        try control.prepare()
        if plan.handlers.contains(where: \.isBlocking) { try blocking.prepare() }
        try startGuard()
        let signals = options.handlesSignals ? ProcessSignals.watch { self.heard($0) } : nil
        defer { signals?.stop() }
        let life = Task(executorPreference: control) { try await self.live() }
        let result = await life.result
        state.withLock { $0.guardian }?.release()
        await (options.log as? LooseLog)?.finish()
        try result.get()
    }

    /// Advances to a later stage; earlier stages are ignored.
    func advance(to stage: Stage) {
        let isNew = state.withLock { state in
            guard stage > state.stage else { return false }
            state.stage = stage
            return true
        }
        guard isNew else { return }
        limitTheEnd()
        hush()
        dispatcher.life.ring()
    }

    /// Stops reserving and hands back the jobs that have not started.
    private func hush() {
        let handedBack: [JobID]? = dispatcher.update { state, wake in
            state.isQuiet ? nil : state.quiet(wake: &wake)
        }
        guard let handedBack else { return }
        for id in handedBack { events.send(.handedBack(id)) }
        events.send(.quiet)
        options.log(.info, "the worker is quiet: it reserves no more", ["worker": "\(id)"])
        beat.ring()
    }

    private func heard(_ signal: ProcessSignal) {
        options.log(.info, "\(signal.name) received", ["worker": "\(id)"])
        switch signal {
        case .quiet: advance(to: .quiet)
        case .stop, .interrupt, .hangup:
            if stage == .stoppingNow { endAtOnce() }
            advance(to: stage >= .stopping ? .stoppingNow : .stopping)
        }
    }

    /// Ends the worker because the store can no longer be used.
    private func fail(_ error: any Error) {
        state.withLock { $0.fatal = $0.fatal ?? error }
        advance(to: .stoppingNow)
    }

    private func live() async throws {
        defer { hasEnded() }
        do {
            // This comes first: if the process dies before the reply, the store may already know the worker.
            options.witness?.introduces(id)
            for command in try await store.heartbeat(status()) { obey(command) }
        } catch {
            options.witness?.introduces(nil)
            close()
            throw error
        }
        options.witness?.isReady()
        events.send(.ready(id))
        options.log(.info, "the worker is ready", ["worker": "\(id)", "concurrency": "\(plan.concurrency)"])
        startRunners()
        let reserver = Task(executorPreference: control) { await self.reserver().run() }
        let background = startBackground()
        while stage < .stopping { await dispatcher.life.wait() }
        await stop(reserver: reserver, background: background)
        close()
        events.send(.stopped)
        if let fatal = state.withLock({ $0.fatal }) { throw fatal }
    }

    private func close() {
        dispatcher.waiter.close()
        control.close()
        blocking.close()
    }

    private func startRunners() {
        let services = HandlerServices(
            store: store, dispatcher: dispatcher, middleware: plan.enqueueMiddleware, options: options)
        let executor = Executor(
            middleware: plan.middleware, services: services, failures: services.failures, threads: blocking)
        let handlers = Dictionary(uniqueKeysWithValues: plan.handlers.map { ($0.name, $0) })
        for slot in 0..<plan.concurrency {
            Runner(
                slot: slot, dispatcher: dispatcher, executor: executor, handlers: handlers,
                deaths: deaths, events: events, options: options, random: random
            ).start()
        }
    }

    private func reserver() -> Reserver {
        Reserver(
            store: store, dispatcher: dispatcher, worker: id, queues: plan.queues, types: plan.types, deaths: deaths,
            events: events, options: options, alarm: alarm, random: random,
            onDrained: { self.advance(to: .stopping) }, onFatal: { self.fail($0) })
    }

    private func startBackground() -> [Task<Void, Never>] {
        let heartbeat = Heartbeat(
            store: store, dispatcher: dispatcher, status: { self.status() }, events: events, options: options,
            interval: .microseconds(timings.heartbeat), alarm: alarm, random: random, bell: beat,
            onCommand: { self.obey($0) }, onFatal: { self.fail($0) })
        let deadlines = Deadlines(
            store: store, dispatcher: dispatcher, events: events, options: options, alarm: alarm)
        var tasks = [
            Task(executorPreference: control) { await heartbeat.run() },
            Task(executorPreference: control) { await deadlines.run() },
        ]
        if let period = options.upkeep {
            let maintainer = Maintainer(
                store: store, dispatcher: dispatcher, events: events, options: options, period: period, alarm: alarm,
                random: random, bell: upkeep, onFatal: { self.fail($0) })
            tasks.append(Task(executorPreference: control) { await maintainer.run() })
        }
        return tasks
    }

    private func obey(_ command: WorkerCommand) {
        options.log(.info, "told to \(command.rawValue)", ["worker": "\(id)"])
        advance(to: command == .quiet ? .quiet : .stopping)
    }

    private func status() -> WorkerStatus {
        WorkerStatus(
            id: id, host: ThisProcess.host, pid: ThisProcess.id, startedAt: startedAt, queues: plan.queues.names,
            types: plan.types.sorted(), concurrency: plan.concurrency, isQuiet: stage >= .quiet)
    }
}
