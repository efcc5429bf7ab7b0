// Workers: known by their heartbeats, commanded through them, and forgotten when they are silent.
import OffstageCore

extension StoreConformance {
    private static func status(_ id: WorkerID, _ t: Trial, queues: [String]? = nil, quiet: Bool = false) -> WorkerStatus
    {
        WorkerStatus(
            id: id, host: "host", pid: 42, startedAt: t.now, queues: queues, types: ["a", "b"], concurrency: 4,
            isQuiet: quiet)
    }

    static let workerCases: [ConformanceCase] = [
        ConformanceCase("a worker is known by its last heartbeat, with what it runs and holds") { t in
            var said = status(Trial.ann, t, queues: ["x", "y"])
            try t.expect(try await t.store.heartbeat(said), [])
            for _ in 0..<3 { _ = try await t.add() }
            let jobs = try await t.take(3, startNow: 2)
            t.time.advance(by: .seconds(5))
            said.isQuiet = true
            said.queues = nil
            _ = try await t.store.heartbeat(said)
            var workers = try await t.store.workers()
            for index in workers.indices { workers[index].running = t.ordered(workers[index].running) }
            let running = t.ordered([jobs[0].id, jobs[1].id])
            try t.expect(workers, [WorkerRecord(status: said, seenAt: t.now, running: running, held: 3)])
        },
        ConformanceCase("workers come by their start") { t in
            _ = try await t.store.heartbeat(status(Trial.bob, t))
            t.time.advance(by: .seconds(1))
            _ = try await t.store.heartbeat(status(Trial.ann, t))
            try t.expect(try await t.store.workers().map(\.status.id), [Trial.bob, Trial.ann])
        },
        ConformanceCase("a worker that is silent for three lease times is not shown") { t in
            _ = try await t.store.heartbeat(status(Trial.ann, t))
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.store.workers().count, 1)
            t.time.advance(by: .microseconds(1))
            try t.expect(try await t.store.workers().count, 0)
            try t.expect(try await t.store.command(.quiet, to: Trial.ann), false)
            _ = try await t.store.heartbeat(status(Trial.ann, t))
            try t.expect(try await t.store.workers().count, 1)
        },
        ConformanceCase("a command is answered by the next heartbeat, once") { t in
            try t.expect(try await t.store.command(.stop, to: Trial.ann), false)
            _ = try await t.store.heartbeat(status(Trial.ann, t))
            _ = try await t.store.heartbeat(status(Trial.bob, t))
            try t.expect(try await t.store.command(.quiet, to: Trial.ann), true)
            try t.expect(try await t.store.command(.stop, to: Trial.ann), true)
            try t.expect(try await t.store.heartbeat(status(Trial.bob, t)), [])
            try t.expect(try await t.store.heartbeat(status(Trial.ann, t)), [.quiet, .stop])
            try t.expect(try await t.store.heartbeat(status(Trial.ann, t)), [])
        },
        ConformanceCase("a retired worker is forgotten, with its commands") { t in
            _ = try await t.store.heartbeat(status(Trial.ann, t))
            _ = try await t.store.command(.stop, to: Trial.ann)
            try await t.store.retire(Trial.ann)
            try t.expect(try await t.store.workers().count, 0)
            try t.expect(try await t.store.heartbeat(status(Trial.ann, t)), [])
            try await t.store.retire(Trial.bob)
        },
    ]
}
