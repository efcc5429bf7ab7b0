// Redis is killed and restarted, frozen and thawed, during all operations. Accepted jobs run, an old lease is worth
// nothing, and no process has to be restarted with the server.
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct RestartTests {
    /// Enqueues jobs one by one until `stop` is set, each until it is accepted. Returns the accepted ones.
    private static func enqueue(into store: RedisStore, until stop: TestSignal) async -> [JobID] {
        var accepted: [JobID] = []
        while !stop.isSet {
            let job = Trouble.job()
            while true {
                switch try? await store.put(job) {
                case .stored, .repeated: accepted.append(job.id)
                case nil where !stop.isSet: continue
                default: break
                }
                break
            }
        }
        return accepted
    }

    @Test func nothingAcceptedIsLostWhenTheServerIsKilledThreeTimes() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let store = try await Trouble.store(server.url, patience: .seconds(2), lease: .seconds(2))
        let runs = Mutex<[JobID: Int]>([:])
        let stop = TestSignal()
        let workers = (0..<2).map { _ in
            Worker(store, concurrency: 4, options: Trouble.workerOptions()) {
                Handler(raw: "work") { job, _ in
                    runs.withLock { $0[job.id, default: 0] += 1 }
                    return nil
                }
            }
        }
        let working = workers.map { worker in Task { try await worker.run() } }
        let sources = (0..<4).map { _ in Task { await Self.enqueue(into: store, until: stop) } }
        for turn in 1...3 {
            #expect(await TestSignal.holds(within: .seconds(40)) { runs.withLock { $0.count } > turn * 100 })
            try await server.kill()
            try await server.restart()
        }
        #expect(await TestSignal.holds(within: .seconds(40)) { runs.withLock { $0.count } > 400 })
        stop.set()
        var accepted: [JobID] = []
        for source in sources { accepted += await source.value }
        #expect(accepted.count > 400 && Set(accepted).count == accepted.count)
        let isDone = await TestSignal.holds(within: .seconds(20)) {
            guard let counts = try? await store.counts() else { return false }
            return counts.total(.available) + counts.total(.running) + counts.total(.scheduled) == 0
        }
        #expect(isDone)
        for start in stride(from: 0, to: accepted.count, by: 1000) {
            let records = try await store.find(Array(accepted[start..<min(start + 1000, accepted.count)]))
            for record in records { #expect(record?.state == .completed) }
        }
        for worker in workers { worker.shutdown() }
        for work in working { try await work.value }
        await store.close()
    }

    @Test func aLeaseThatRanOutDuringARestartIsWorthNothing() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let store = try await Trouble.store(server.url, lease: .milliseconds(700))
        let job = Trouble.job()
        _ = try await store.put(job)
        let old = Hand()
        let lost = try await old.takeOne(from: store)
        try await server.kill()
        try await SystemTime().sleep(for: .milliseconds(800))
        try await server.restart()
        // The restart itself took half of the lease at most. The rest has to pass while the store is in use.
        let new = Hand()
        #expect(try await new.take(1, from: store).isEmpty)
        var taken: ReservedJob?
        let isOver = try await TestSignal.holds {
            taken = try await new.take(1, from: store).first
            return taken != nil
        }
        #expect(isOver)
        guard let taken else { return }
        #expect(taken.id == job.id && taken.crashes == 0 && taken.interruptions == 1)
        #expect(try await store.settle([Trouble.end(lost)]) == [.stale])
        #expect(
            try await store.renew(RenewRequest(worker: old.id, tokens: [lost.token], grantedBefore: 0)).lost.count == 1)
        #expect(try await store.settle([Trouble.end(taken)]) == [.accepted])
        #expect(try await store.counts().staleRefused == 2)
        // A settle that was accepted before the server died was on disk, and is known afterwards.
        try await server.kill()
        try await server.restart()
        #expect(try await store.settle([Trouble.end(taken)]) == [.accepted])
        #expect(try await store.settle([Trouble.end(lost)]) == [.stale])
        await store.close()
    }

    @Test func aFrozenServerFailsEnqueuesInTimeAndTakesThemUpWhenItThaws() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url, patience: .seconds(1), lease: .seconds(2))
        let old = Hand()
        let first = Trouble.job()
        _ = try await store.put(first)
        let held = try await old.takeOne(from: store)
        try await server.freeze()
        let job = Trouble.job()
        let (error, line, took) = await Trouble.failure { _ = try await store.put(job) }
        guard case .unknownOutcome = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("127.0.0.1:\(server.port)") && line.contains("offstage.enqueue"), "\(line)")
        #expect(took > .milliseconds(800) && took < .seconds(5) && !line.contains("\n"))
        let settle = await Trouble.failure { _ = try await store.settle([], reserving: old.wish()) }
        #expect(settle.line.contains("offstage.work"), "\(settle.line)")
        try await SystemTime().sleep(for: .milliseconds(1000))
        server.thaw()
        // The server had the command in its buffer and carries it out now. The job is stored once, however often it is
        // sent.
        #expect(await TestSignal.holds { (try? await store.put(job)) != nil })
        #expect(try await server.number("HLEN", "{offstage.0}jobs") == 2)
        // The lease has expired meanwhile. The reservation whose reply was not waited for is not lost either.
        var ended: Set<JobID> = []
        let new = Hand()
        let isDrained = await TestSignal.holds {
            _ = try? await store.renew(RenewRequest(worker: old.id, tokens: [], grantedBefore: 100))
            for taken in (try? await new.take(5, from: store)) ?? [] {
                if taken.id == first.id { #expect((try? await store.settle([Trouble.end(held)])) == [.stale]) }
                if (try? await store.settle([Trouble.end(taken)])) == [.accepted] { ended.insert(taken.id) }
            }
            return ended.count == 2
        }
        #expect(isDrained && ended == [first.id, job.id])
        await store.close()
    }

    @Test func aWorkerLivesThroughAFreeze() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url, patience: .seconds(1), lease: .seconds(1))
        let runs = Mutex<[JobID]>([])
        let worker = Worker(store, options: Trouble.workerOptions()) {
            Handler(raw: "work") { job, _ in
                runs.withLock { $0.append(job.id) }
                return nil
            }
        }
        try await Trouble.running(worker) {
            for _ in 0..<2 {
                let before = Trouble.job()
                _ = try await store.put(before)
                #expect(await TestSignal.holds { (try? await store.state(before.id)) == .completed })
                try await server.freeze()
                try await SystemTime().sleep(for: .milliseconds(2500))
                server.thaw()
                let after = Trouble.job()
                #expect(await TestSignal.holds { (try? await store.put(after)) != nil })
                #expect(await TestSignal.holds { (try? await store.state(after.id)) == .completed })
            }
        }
        #expect(runs.withLock { Set($0).count } == 4)
        await store.close()
    }
}
