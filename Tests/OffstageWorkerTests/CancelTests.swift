// How handlers are stopped: by request, by their time-out, or by the loss of their lease; and handlers that ignore it.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Synchronization
import Testing

/// Sleeps until its task is cancelled.
func sleepUntilCancelled() async throws {
    try await SystemTime().sleep(for: .seconds(60))
}

/// Blocks until it is opened, even if its task is cancelled.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct CancelTests {
    @Test func cancelReachesARunningHandlerWithinAHeartbeat() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, concurrency: 1, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                try await sleepUntilCancelled()
                return nil
            }
            Handler(raw: "next") { _, _ in nil }
        }
        try await running(worker, started: 1) {
            _ = try await store.change(ChangeRequest(.cancel, .ids([id])))
            try await eventually("cancelled", within: .seconds(2)) { try await store.state(id) == .cancelled }
            // The slot's runner was cancelled with its job, and replaced.
            let next = try await store.put(newJob("next"))[0]
            try await eventually("the next job runs") { try await store.state(next) == .completed }
        }
        #expect(try await store.record(id).errors.isEmpty)
    }

    @Test func handlerThatReturnsThoughCancelledIsCompleted() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                try? await sleepUntilCancelled()
                return Array("1".utf8)
            }
        }
        try await running(worker, started: 1) {
            _ = try await store.change(ChangeRequest(.cancel, .ids([id])))
            try await eventually("ended") { try await store.state(id) == .completed }
        }
    }

    @Test func errorOfACancelledHandlerIsOnTheRecord() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                do { try await sleepUntilCancelled() } catch { throw OutcomeTests.Kind.lost }
                return nil
            }
        }
        try await running(worker, started: 1) {
            _ = try await store.change(ChangeRequest(.cancel, .ids([id])))
            try await eventually("ended") { try await store.state(id) == .cancelled }
        }
        #expect(try await store.record(id).errors.map(\.message) == ["the printer is lost"])
    }

    @Test func timeoutStopsTheHandlerAndCounts() async throws {
        let record = try await OutcomeTests.record(
            of: newJob("x") { $0.timeout = .milliseconds(50) },
            Handler(raw: "x") { _, _ in
                try await sleepUntilCancelled()
                return nil
            })
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.kind) == [.timeout])
        #expect(record.errors.first?.message == "stopped after its timeout of 0.05 s")
    }

    @Test func timeoutsOfManyJobsAreKeptByOneTimer() async throws {
        let store = memoryStore()
        let jobs = (1...40).map { n in
            newJob("x") {
                $0.timeout = .milliseconds(20 * (1 + n % 5))
                $0.maxAttempts = 1
            }
        }
        _ = try await store.enqueue(jobs)
        let worker = Worker(store, concurrency: 8, options: testOptions()) {
            Handler(raw: "x") { _, _ in
                try await sleepUntilCancelled()
                return nil
            }
        }
        try await running(worker) {
            try await eventually("all timed out") { try await store.counts().total(.discarded) == 40 }
        }
    }

    @Test func handlerThatDoesNotStopIsToldOfAndItsEndStillSettled() async throws {
        let store = memoryStore()
        let log = CollectingLog()
        let id = try await store.put(newJob("x") { $0.timeout = .milliseconds(20) })[0]
        let gate = Gate()
        let worker = Worker(
            store,
            options: testOptions {
                $0.log = log
                $0.heartbeat = .milliseconds(50)
            }
        ) {
            Handler(raw: "x") { _, _ in
                await gate.pass()
                return nil
            }
        }
        let events = worker.stream()
        try await running(worker) {
            for await event in events {
                if case .notStopping(let job, "x") = event {
                    #expect(job == id)
                    break
                }
            }
            gate.open()
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        #expect(log.lines.contains { $0.contains("ignores cancellation") && $0.contains("reason=timed out") })
    }

    @Test func lostLeaseStopsTheHandlerAndItsEndIsRefused() async throws {
        let store = memoryStore(lease: .milliseconds(200))
        let id = try await store.put(newJob("x"))[0]
        let isCancelled = Box(false)
        let log = CollectingLog()
        let refuses = Box(true)
        // Renewals do not reach the store until the lease has expired and another worker has the job.
        let proxy = ProxyStore(
            store,
            onRenew: { request, next in
                if refuses.value { throw StoreError.busy("test") }
                return try await next(request)
            })
        let worker = Worker(
            proxy, grace: .zero,
            options: testOptions {
                $0.log = log
                $0.upkeep = nil
            }
        ) {
            Handler(raw: "x") { _, _ in
                do { try await sleepUntilCancelled() } catch { isCancelled.change { $0 = true } }
                try await SystemTime().sleep(for: .seconds(60))
                return nil
            }
        }
        try await running(worker) {
            try await eventually("the handler is stopped") { isCancelled.value }
            try await eventually("handed back, and taken again") {
                try await store.record(id).errors.contains { $0.kind == .leaseLost }
            }
            refuses.change { $0 = false }
        }
        let record = try await store.record(id)
        #expect(record.interruptions >= 1)
        #expect(record.errors.allSatisfy { $0.kind == .leaseLost })
    }

    @Test func leaseTakenByAnotherStopsTheHandler() async throws {
        let store = memoryStore(lease: .seconds(20))
        let id = try await store.put(newJob("x"))[0]
        let answers = Box<[TokenAnswer]>([])
        let proxy = ProxyStore(
            store,
            onSettle: { settlements, request, next in
                let reply = try await next(settlements, request)
                answers.change { $0 += reply.answers }
                return reply
            })
        let worker = Worker(
            proxy, concurrency: 1, grace: .zero, options: testOptions { $0.heartbeat = .milliseconds(50) }
        ) {
            Handler(raw: "x") { _, _ in
                try await sleepUntilCancelled()
                return nil
            }
        }
        try await running(worker, started: 1) {
            try await store.retire(worker.id)
            _ = try await store.settle(
                [],
                reserving: ReserveRequest(
                    worker: WorkerID(bits: 1), selection: WorkSelection(queues: nil, types: ["x"]), limit: 1,
                    startNow: 1,
                    holding: 0, firstCounter: 1))
            try await eventually("the stale end is refused") { answers.value.contains(.stale) }
        }
        #expect(try await store.record(id).worker == WorkerID(bits: 1))
    }
}
