// Deploys cost nothing: how a worker stops, with and without grace, at once, by command and by cancellation.
import OffstageCore
import OffstageMemory
import OffstageSystem
import OffstageWorker
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct StopTests {
    static let sleeper = Handler(raw: "x") { _, _ in
        try await sleepUntilCancelled()
        return nil
    }

    @Test func handlersFinishWithinTheGrace() async throws {
        let store = memoryStore()
        let gate = Gate()
        let ids = try await store.put(newJob("x"), newJob("x"), newJob("x"))
        let worker = Worker(store, concurrency: 2, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                await gate.pass()
                return nil
            }
        }
        let run = await start(worker, jobs: 2)
        worker.shutdown()
        gate.open()
        try await run.value
        var states: [JobState?] = []
        for id in ids { states.append(try await store.state(id)) }
        #expect(states == [.completed, .completed, .available])
        #expect(try await store.workers().isEmpty)
    }

    @Test func handlersOverTheGraceAreHandedBackWithTheSameAttempt() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, grace: .milliseconds(30), options: testOptions()) { Self.sleeper }
        let run = await start(worker)
        let runAt = try await store.record(id).runAt
        worker.shutdown()
        try await run.value
        let record = try await store.record(id)
        #expect(record.state == .available && record.runAt == runAt)
        #expect(record.attempt == 1 && record.interruptions == 1 && record.errors.isEmpty && record.crashes == 0)
        let again = try await store.reserve(
            ReserveRequest(
                worker: WorkerID(bits: 1), selection: WorkSelection(queues: nil, types: ["x"]), limit: 1, startNow: 1,
                holding: 0, firstCounter: 1))
        #expect(again.jobs.map(\.token.attempt) == [1])
    }

    @Test func handlerThatIgnoresCancellationIsHandedBackWithoutIt() async throws {
        let store = memoryStore(lease: .seconds(60))
        let log = CollectingLog()
        let gate = Gate()
        let id = try await store.put(newJob("deaf"))[0]
        let worker = Worker(
            store, grace: .zero,
            options: testOptions {
                $0.log = log
                $0.patience = .milliseconds(50)
            }
        ) {
            Handler(raw: "deaf") { _, _ in
                await gate.pass()
                return nil
            }
        }
        let run = await start(worker)
        worker.shutdown()
        try await run.value
        #expect(try await store.state(id) == .available)
        #expect(log.lines.contains { $0.contains("has not stopped") && $0.contains("type=deaf") })
        gate.open()
    }

    @Test func secondSignalStopsAtOnce() async throws {
        let store = memoryStore(lease: .seconds(60))
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, grace: .seconds(60), options: testOptions { $0.handlesSignals = true }) {
            Self.sleeper
        }
        let events = worker.stream()
        let run = await start(worker)
        kill(getpid(), SIGTERM)
        for await event in events where event == .stopping { break }
        #expect(try await store.state(id) == .running)
        kill(getpid(), SIGTERM)
        try await run.value
        #expect(try await store.state(id) == .available)
    }

    @Test func terminalStopSignalMakesQuiet() async throws {
        let store = memoryStore()
        let worker = Worker(store, options: testOptions { $0.handlesSignals = true }) { Self.sleeper }
        let events = worker.stream()
        try await running(worker) {
            for await event in events {
                if case .ready = event { kill(getpid(), SIGTSTP) }
                if event == .quiet { break }
            }
            let id = try await store.put(newJob("x"))[0]
            try await eventually("shown as quiet") { try await store.workers().map(\.status.isQuiet) == [true] }
            #expect(try await store.state(id) == .available)
        }
    }

    @Test func cancelledRunStopsGracefully() async throws {
        let store = memoryStore()
        let gate = Gate()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                await gate.pass()
                return nil
            }
        }
        let run = await start(worker)
        run.cancel()
        gate.open()
        try await run.value
        #expect(try await store.state(id) == .completed)
    }

    @Test(arguments: [WorkerCommand.quiet, .stop])
    func commandsFromOutsideAreObeyed(command: WorkerCommand) async throws {
        let store = memoryStore(lease: .milliseconds(200))
        let worker = Worker(store, options: testOptions()) { Self.sleeper }
        let run = Task { try await worker.run() }
        try await eventually("known") { try await store.command(command, to: worker.id) }
        if command == .quiet {
            try await eventually("quiet") { try await store.workers().first?.status.isQuiet == true }
            worker.shutdown()
        }
        try await run.value
    }

    @Test func stopsThoughTheStoreFails() async throws {
        let store = memoryStore()
        let fails = Box(false)
        let proxy = ProxyStore(
            store,
            onSettle: { settlements, request, next in
                if fails.value { throw StoreError.busy("test") }
                return try await next(settlements, request)
            })
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(proxy, grace: .zero, options: testOptions { $0.patience = .milliseconds(50) }) {
            Self.sleeper
        }
        let run = await start(worker)
        fails.change { $0 = true }
        worker.shutdown()
        try await run.value
        // Jobs that could not be settled are handed back when the worker is retired.
        #expect(try await store.state(id) == .available)
    }

    @Test func reasonsNotToBeginAreTold() async throws {
        func failure(_ worker: Worker) async -> String {
            do {
                try await worker.run()
                return "ran"
            } catch {
                return "\(error)"
            }
        }
        let store = memoryStore()
        let options = testOptions()
        let none = Worker(store, options: options, handlers: [])
        #expect(await failure(none) == "the worker has no handlers: register at least one job type")
        let twice = Worker(store, options: options, handlers: [Self.sleeper, Self.sleeper])
        #expect(await failure(twice) == "two handlers are registered for the type x")
        let badQueue = Worker(store, queues: ["a b"], options: options, handlers: [Self.sleeper])
        #expect(await failure(badQueue).contains("queue \"a b\" is not a name"))
        let noWeight = Worker(store, queues: ["a": 0], options: options, handlers: [Self.sleeper])
        #expect(await failure(noWeight).contains("weight 0 of queue a"))
        let noSlots = Worker(store, concurrency: 0, options: options, handlers: [Self.sleeper])
        #expect(await failure(noSlots).contains("concurrency of 0"))
        let worker = Worker(store, options: options, handlers: [Self.sleeper])
        worker.shutdown()
        #expect(await failure(worker) == "ran")
        #expect(await failure(worker) == "this worker has run already: make a new one")
        await store.close()
        #expect(await failure(Worker(store, options: options, handlers: [Self.sleeper])) == "the store is closed")
    }

    @Test func storeThatClosesEndsTheWorker() async throws {
        let store = memoryStore()
        let worker = Worker(store, options: testOptions()) { Self.sleeper }
        let events = worker.stream()
        let run = Task { try await worker.run() }
        for await event in events { if case .ready = event { break } }
        await store.close()
        await #expect(throws: StoreError.closed) { try await run.value }
    }
}
