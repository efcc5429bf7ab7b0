// Many jobs, several workers, several queues: order, fairness, prefetching, draining, blocking handlers, and stores
// that fail.
import OffstageCore
import OffstageMemory
import Synchronization
import Testing

@testable import OffstageWorker

@Suite(.timeLimit(.minutes(1))) struct LoadTests {
    @Test func drainEndsWhenNothingIsLeft() async throws {
        let store = memoryStore()
        _ = try await store.enqueue((0..<1000).map { _ in newJob("x") })
        _ = try await store.put(newJob("unknown"), newJob("x") { $0.start = .after(.seconds(600)) })
        let worker = Worker(store, options: testOptions { $0.drain = true }) { Handler(raw: "x") { _, _ in nil } }
        try await worker.run()
        let counts = try await store.counts()
        #expect(counts.total(.completed) == 1000)
        #expect(counts.total(.available) == 1 && counts.total(.scheduled) == 1 && counts.total(.running) == 0)
    }

    @Test func drainWaitsForWhatAnotherWorkerRuns() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let gate = Gate()
        let runs = Box(0)
        let handler = Handler(raw: "x") { _, _ in
            let isFirst = runs.change { runs in
                runs += 1
                return runs == 1
            }
            if isFirst { await gate.pass() }
            return nil
        }
        let other = Worker(
            store, grace: .zero, options: testOptions { $0.patience = .milliseconds(20) }, handlers: [handler])
        let otherRun = await start(other)
        let worker = Worker(store, options: testOptions { $0.drain = true }, handlers: [handler])
        let run = Task { try await worker.run() }
        try await eventually("two workers") { try await store.workers().count == 2 }
        // The other worker gives up its job, and this one must still be running to take it.
        other.shutdown()
        try await otherRun.value
        try await run.value
        #expect(try await store.state(id) == .completed)
        gate.open()
    }

    @Test func strictQueuesAreEmptiedInOrder() async throws {
        let store = memoryStore()
        _ = try await store.enqueue((0..<50).map { _ in newJob("x") { $0.queue = "low" } })
        _ = try await store.enqueue((0..<50).map { _ in newJob("x") { $0.queue = "high" } })
        let seen = Box<[String]>([])
        let worker = Worker(
            store, queues: ["high", "low"], concurrency: 1, options: testOptions { $0.drain = true }
        ) {
            Handler(raw: "x") { job, _ in
                seen.change { $0.append(job.queue) }
                return nil
            }
        }
        try await worker.run()
        #expect(seen.value == [String](repeating: "high", count: 50) + [String](repeating: "low", count: 50))
    }

    @Test func weightedQueuesShareAWorker() async throws {
        let store = memoryStore()
        _ = try await store.enqueue((0..<300).map { _ in newJob("x") { $0.queue = "a" } })
        _ = try await store.enqueue((0..<300).map { _ in newJob("x") { $0.queue = "b" } })
        let seen = Box<[String]>([])
        let options = testOptions {
            $0.drain = true
            $0.prefetchLimit = 0
            $0.random = SeededRandom(seed: 7)
        }
        let worker = Worker(store, queues: ["a": 3, "b": 1], concurrency: 1, options: options) {
            Handler(raw: "x") { job, _ in
                seen.change { $0.append(job.queue) }
                return nil
            }
        }
        try await worker.run()
        let share = seen.value.prefix(200).filter { $0 == "a" }.count
        #expect((125...175).contains(share))
        #expect(seen.value.count == 600)
    }

    @Test func prefetchedJobsBehindALongOneGoToAnIdleWorker() async throws {
        let store = memoryStore(lease: .seconds(60))
        let gate = Gate()
        // Quick jobs make the worker prefetch; then a long one holds its only slot.
        let quick = (0..<200).map { _ in newJob("x") }
        let stuck = (0..<100).map { _ in newJob("x") }
        _ = try await store.enqueue(quick + [newJob("long")] + stuck)
        let handlers = [
            Handler(raw: "x") { _, _ in nil },
            Handler(raw: "long") { _, _ in
                await gate.pass()
                return nil
            },
        ]
        let first = Worker(store, concurrency: 1, options: testOptions(), handlers: handlers)
        let firstRun = Task { try await first.run() }
        try await eventually("the long one runs") {
            let worker = try await store.workers().first
            return try await store.counts().total(.completed) >= 200 && worker?.running.isEmpty == false
        }
        let second = Worker(store, concurrency: 1, options: testOptions(), handlers: handlers)
        let secondRun = Task { try await second.run() }
        try await eventually("all others are done") { try await store.counts().total(.completed) == 300 }
        gate.open()
        first.shutdown()
        second.shutdown()
        try await firstRun.value
        try await secondRun.value
    }

    @Test func quietHandsBackPrefetchedJobs() async throws {
        let store = memoryStore()
        let gate = Gate()
        _ = try await store.enqueue((0..<300).map { n in newJob(n == 200 ? "long" : "x") })
        let worker = Worker(store, concurrency: 1, options: testOptions { $0.reclaimAfter = .seconds(600) }) {
            Handler(raw: "x") { _, _ in nil }
            Handler(raw: "long") { _, _ in
                await gate.pass()
                return nil
            }
        }
        try await running(worker) {
            try await eventually("jobs are held hostage") {
                let held = try await store.workers().first?.held ?? 0
                return try await store.counts().total(.completed) == 200 && held > 1
            }
            worker.quiet()
            try await eventually("and let go") { try await store.workers().first?.held == 1 }
            gate.open()
        }
        #expect(try await store.counts().total(.completed) == 201)
    }

    @Test func blockingHandlersLeaveThePoolAlone() async throws {
        let store = memoryStore()
        _ = try await store.enqueue((0..<8).map { _ in newJob("blocking") })
        let gate = Box(false)
        let worker = Worker(store, concurrency: 16, options: testOptions()) {
            Handler("blocking", blocking: true) { (_: [String: Int], _) in
                while !gate.value { usleepForTest(1000) }
            }
            Handler(raw: "x") { _, _ in nil }
        }
        try await running(worker) {
            try await eventually("eight block") { try await store.workers().first?.running.count == 8 }
            let id = try await store.put(newJob("x"))[0]
            try await eventually("another runs", within: .seconds(10)) { try await store.state(id) == .completed }
            gate.change { $0 = true }
            try await eventually("all end") { try await store.counts().total(.completed) == 9 }
        }
    }

    @Test func handlersThatBlockWithoutSayingSoCostNoLease() async throws {
        // Runs in a separate process, because nothing else runs in it for two seconds.
        await #expect(processExitsWith: .success) { try await Self.blockRudely() }
    }

    static func blockRudely() async throws {
        let store = memoryStore(lease: .milliseconds(800))
        let ids = try await store.put(newJob("rude"), newJob("rude"))
        let worker = Worker(store, concurrency: 2, options: testOptions { $0.upkeep = nil }) {
            Handler(raw: "rude") { _, _ in
                usleepForTest(2_000_000)
                return nil
            }
        }
        let run = Task { try await worker.run() }
        // The pool may be blocked for this test too: it just waits for the end.
        try await eventually("both end") { try await store.counts().total(.completed) == 2 }
        worker.shutdown()
        try await run.value
        for id in ids {
            let record = try await store.record(id)
            guard record.interruptions == 0, record.crashes == 0, record.attempt == 1 else { throw TimedOut() }
        }
    }

    @Test func survivesAStoreThatFailsAndLosesReplies() async throws {
        let store = memoryStore(lease: .milliseconds(400))
        let random = Mutex<any RandomSource>(SeededRandom(seed: 5))
        let proxy = ProxyStore(
            store,
            onSettle: { settlements, request, next in
                let chance = random.withLock { $0.fraction() }
                if chance < 0.15 { throw StoreError.busy("test") }
                let reply = try await next(settlements, request)
                if chance < 0.3 { throw StoreError.unknownOutcome("test") }
                return reply
            },
            onRenew: { request, next in
                let chance = random.withLock { $0.fraction() }
                if chance < 0.2 { throw StoreError.failed("test") }
                return try await next(request)
            })
        _ = try await store.enqueue((0..<1000).map { _ in newJob("x") })
        let runs = Box<[JobID: Int]>([:])
        let log = CollectingLog()
        let worker = Worker(proxy, concurrency: 4, options: testOptions { $0.log = log }) {
            Handler(raw: "x") { job, _ in
                runs.change { $0[job.id, default: 0] += 1 }
                return nil
            }
        }
        try await running(worker) {
            try await eventually("all end", within: .seconds(20)) { try await store.counts().total(.completed) == 1000 }
        }
        // Settles are sent again until they are acknowledged, so no job that ran is ever run again.
        #expect(runs.value.count == 1000 && runs.value.values.allSatisfy { $0 == 1 })
        #expect(!log.lines.contains { $0.contains("ends were refused") })
        #expect(log.lines.contains { $0.contains("cannot settle and reserve") })
    }

    @Test func suspectIsRunAloneThoughTheWorkerIsNeverIdle() async throws {
        let store = memoryStore(lease: .milliseconds(400))
        let suspect = try await store.put(newJob("suspect"))[0]
        // A worker reserves it, and is reported as dead.
        let doomed = WorkerID(bits: 1)
        let taken = try await store.reserve(
            ReserveRequest(
                worker: doomed, selection: WorkSelection(queues: nil, types: ["suspect"]), limit: 1, startNow: 1,
                holding: 0, firstCounter: 1)
        ).jobs
        let report = taken.map {
            CrashedAttempt(token: $0.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 11"))
        }
        #expect(try await store.retire(doomed, crashed: report) == [.accepted])
        let busy = Box(0)
        let together = Box(-1)
        let worker = Worker(store, concurrency: 3, options: testOptions { $0.heartbeat = .milliseconds(10) }) {
            Handler(raw: "suspect") { _, _ in
                together.change { $0 = busy.value }
                try await SystemTime().sleep(for: .milliseconds(30))
                together.change { $0 += busy.value }
                return nil
            }
            Handler(raw: "x") { _, context in
                busy.change { $0 += 1 }
                try await SystemTime().sleep(for: .milliseconds(5))
                busy.change { $0 -= 1 }
                try await context.enqueue([OneMore()].map { (job: $0, key: nil) })
                return nil
            }
        }
        _ = try await store.put(newJob("x") { $0.priority = 0 }, newJob("x") { $0.priority = 0 })
        _ = try await store.put(newJob("x") { $0.priority = 0 })
        let run = Task { try await worker.run() }
        try await eventually("the suspect completes") { try await store.state(suspect) == .completed }
        worker.shutdown()
        try await run.value
        #expect(together.value == 0, "nothing else ran beside it")
    }

    @Test func aLoneWorkerGivesOrdinaryJobsAsLongAsASuspectTook() async throws {
        let store = memoryStore(lease: .seconds(20))
        let suspects = try await store.put(newJob("suspect"), newJob("suspect"))
        let doomed = WorkerID(bits: 1)
        let taken = try await store.reserve(
            ReserveRequest(
                worker: doomed, selection: WorkSelection(queues: nil, types: ["suspect"]), limit: 2, startNow: 2,
                holding: 0, firstCounter: 1)
        ).jobs
        _ = try await store.retire(
            doomed,
            crashed: taken.map {
                CrashedAttempt(token: $0.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 11"))
            })
        let time = SystemTime()
        let spans = Box<[ClosedRange<Int64>]>([])
        let others = Box<[Int64]>([])
        let worker = Worker(store, concurrency: 3, options: testOptions()) {
            Handler(raw: "suspect") { _, _ in
                let from = time.monotonicMicroseconds()
                try await time.sleep(for: .milliseconds(300))
                spans.change { $0.append(from...time.monotonicMicroseconds()) }
                return nil
            }
            Handler(raw: "x") { _, _ in
                others.change { $0.append(time.monotonicMicroseconds()) }
                return nil
            }
        }
        try await running(worker) {
            try await eventually("both suspects end") {
                _ = try await store.put(newJob("x"))
                try await time.sleep(for: .milliseconds(5))
                return try await store.find(suspects).allSatisfy { $0?.state == .completed }
            }
        }
        let (first, second) = (try #require(spans.value.first), try #require(spans.value.last))
        let pause = second.lowerBound - first.upperBound
        #expect(pause >= first.upperBound - first.lowerBound, "an equal time for each")
        #expect(others.value.contains { $0 > first.upperBound && $0 < second.lowerBound })
        #expect(!others.value.contains { first.contains($0) || second.contains($0) }, "a suspect runs alone")
    }

    @Test func nothingThatAHealthyWorkerSaysIsStale() async throws {
        let store = memoryStore(lease: .seconds(20))
        for _ in 0..<3 { _ = try await store.enqueue((0..<1000).map { _ in newJob("x") }) }
        let options = testOptions {
            $0.heartbeat = .milliseconds(1)
            $0.reclaimAfter = .milliseconds(20)
            $0.noteStartAfter = .milliseconds(1)
        }
        let workers = (0..<2).map { _ in
            Worker(store, concurrency: 8, options: options) {
                Handler(raw: "x", retry: .constant(.zero)) { job, context in
                    if job.id.low % 4 == 0 { try await context.report(progress: 0.5) }
                    if context.attempt == 1, job.id.low % 5 == 0 { throw StoreError.failed("h: once") }
                    return nil
                }
            }
        }
        try await running(workers[0]) {
            try await running(workers[1]) {
                try await eventually("all end", within: .seconds(40)) {
                    try await store.counts().total(.completed) == 3000
                }
            }
        }
        #expect(try await store.counts().staleRefused == 0)
    }

    struct OneMore: Job {
        static let name = "x"
        static let defaults = JobDefaults(priority: 0)
        func perform(in context: JobContext) async throws {}
    }
}
