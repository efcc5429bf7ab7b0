// Which worker has the turn to run a suspect: of several workers that take the same jobs, at least one serves ordinary
// ones.
import OffstageCore

extension StoreConformance {
    /// Makes suspects of `count` jobs of a type, one after the other: for each, a worker is reported to have died while
    /// running it.
    private static func suspects(
        _ count: Int, _ t: Trial, type: String = "work", queue: String = "default"
    ) async throws {
        for _ in 0..<count {
            _ = try await t.add(type) { $0.queue = queue }
            let doomed = WorkerID(bits: 0xdead)
            let jobs = try await t.store.reserve(
                t.wish(1, queues: [queue], types: [type], worker: doomed, suspects: .never)
            ).jobs
            try t.expect(try await t.died(jobs, worker: doomed), [.accepted])
        }
    }

    private static func beat(
        _ workers: [WorkerID], _ t: Trial, queues: [String]? = nil, types: [String] = ["work", "other"],
        isQuiet: Bool = false
    ) async throws {
        for worker in workers {
            _ = try await t.store.heartbeat(
                WorkerStatus(
                    id: worker, host: "host", pid: 1, startedAt: t.now, queues: queues, types: types, concurrency: 4,
                    isQuiet: isQuiet))
        }
    }

    static let suspectTurnCases: [ConformanceCase] = turnCases + fleetCases

    private static let turnCases: [ConformanceCase] = [
        ConformanceCase("while a worker holds a suspect, another that takes the same jobs gets ordinary ones") { t in
            try await suspects(2, t)
            let first = try await t.takeOne()
            try t.expect(first.isSuspect, true)
            let other = try await t.add()
            let reservation = try await t.store.reserve(t.wish(5, worker: Trial.bob))
            try t.expect(reservation.jobs.map(\.id), [other])
            try t.expect(reservation.suspectWaiting, true)
            try t.expect(try await t.take(5, worker: Trial.cat).count, 0)
            try await t.settle(first, .done)
            let second = try await t.takeOne(worker: Trial.cat)
            try t.expect(second.isSuspect, true)
            try t.expect(second.id == first.id, false)
        },
        ConformanceCase("a suspect that is cleared while it runs still occupies its worker") { t in
            _ = try await t.add("work")
            var frozen: [ReservedJob] = []
            for worker in [Trial.ann, Trial.bob] {
                frozen.append(try await t.takeOne(worker: worker))
                try await t.pass(.seconds(20))
                _ = try await t.store.maintain(limit: 10)
            }
            let running = try await t.takeOne(worker: Trial.cat)
            try t.expect(running.isSuspect, true)
            try await suspects(1, t)
            // The worker that was presumed dead reports back: the job is no longer a suspect, but its worker still runs
            // it alone.
            try t.expect(try await t.settle(frozen[0], .done), .stale)
            try t.expect(try await t.record(running.id).isSuspect, false)
            let other = WorkerID(bits: 0xd)
            try t.expect(try await t.take(5, worker: other).count, 0, "while it runs")
            try t.expect(try await t.settle(running, .done), .accepted)
            try t.expect(try await t.take(5, worker: other).map(\.isSuspect), [true])
        },
        ConformanceCase("a suspect that is taken back from a dead worker takes nobody's turn") { t in
            try await suspects(2, t)
            _ = try await t.takeOne()
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try await t.pass(.seconds(20))
            try t.expect(try await t.take(5, worker: Trial.bob).map(\.isSuspect), [true])
        },
        ConformanceCase("a busy worker that asks for the turn has it for a while, and others get no suspect") { t in
            try await suspects(1, t)
            let asked = try await t.store.reserve(t.wish(5, holding: 1, turnFor: .seconds(8)))
            try t.expect(asked.jobs.count, 0)
            try t.expect(asked.suspectWaiting, true)
            try t.expect(asked.hasTurn, true)
            let rival = try await t.store.reserve(t.wish(5, holding: 1, worker: Trial.bob, turnFor: .seconds(8)))
            try t.expect(rival.suspectWaiting, true)
            try t.expect(rival.hasTurn, false)
            let other = try await t.add()
            try t.expect(try await t.take(5, worker: Trial.bob).map(\.id), [other])
            t.time.advance(by: .seconds(8))
            try t.expect(try await t.take(5, worker: Trial.bob).map(\.isSuspect), [true])
        },
        ConformanceCase("the turn is given only for a suspect that is due, and only to who wants one alone") { t in
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1, turnFor: .seconds(8))).hasTurn, false)
            try await suspects(1, t)
            for choice in [SuspectChoice.never, .only] {
                let reservation = try await t.store.reserve(
                    t.wish(5, holding: 1, suspects: choice, turnFor: .seconds(8)))
                try t.expect(reservation.suspectWaiting, true)
                try t.expect(reservation.hasTurn, false)
            }
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1)).hasTurn, false)
            try t.expect(try await t.take(5, worker: Trial.bob).map(\.isSuspect), [true])
        },
        ConformanceCase("the turn ends with the suspect that its worker was given, or with the worker") { t in
            try await suspects(3, t)
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1, turnFor: .seconds(60))).hasTurn, true)
            let job = try await t.takeOne()
            try await t.settle(job, .done)
            let bobs = try await t.takeOne(worker: Trial.bob)
            try t.expect(bobs.isSuspect, true)
            try await t.settle(bobs, .done)
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1, turnFor: .seconds(60))).hasTurn, true)
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try await t.store.retire(Trial.ann)
            try t.expect(try await t.takeOne(worker: Trial.bob).isSuspect, true)
        },
        ConformanceCase("who wants only suspects need not wait for its turn") { t in
            try await suspects(2, t)
            _ = try await t.takeOne()
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            let reservation = try await t.store.reserve(t.wish(worker: Trial.bob, suspects: .only))
            try t.expect(reservation.jobs.map(\.isSuspect), [true])
        },
    ]

    private static let fleetCases: [ConformanceCase] = [
        ConformanceCase("workers that take different jobs have suspects at the same time") { t in
            try await suspects(1, t)
            try await suspects(1, t, type: "other")
            try await suspects(1, t, queue: "mail")
            try await beat([Trial.ann], t, queues: ["default"], types: ["work"])
            try await beat([Trial.bob], t, types: ["other"])
            try await beat([Trial.cat], t, queues: ["mail"], types: ["work"])
            try t.expect(try await t.take(queues: ["default"], types: ["work"]).count, 1)
            try t.expect(try await t.take(types: ["other"], worker: Trial.bob).count, 1)
            try t.expect(try await t.take(queues: ["mail"], types: ["work"], worker: Trial.cat).count, 1)
        },
        ConformanceCase("as many as half of a fleet hold suspects at a time") { t in
            try await suspects(4, t)
            let all = [Trial.ann, Trial.bob, Trial.cat, Trial.dan]
            try await beat(Array(all[..<3]), t)
            try t.expect(try await t.take().count, 1)
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try await beat([Trial.dan], t, isQuiet: true)
            try t.expect(try await t.take(worker: Trial.bob).count, 0, "a quiet worker serves nobody")
            try await beat([Trial.dan], t, types: ["work"])
            try t.expect(try await t.take(worker: Trial.bob).count, 0, "one that takes less serves them in part")
            try await beat([Trial.dan], t)
            try t.expect(try await t.take(worker: Trial.bob).count, 1)
            try t.expect(try await t.take(worker: Trial.cat).count, 0)
        },
        ConformanceCase("a worker that was silent for a lease time counts as nobody who serves ordinary jobs") { t in
            try await suspects(2, t)
            let all = [Trial.ann, Trial.bob, Trial.cat, Trial.dan]
            try await beat(all, t)
            t.time.advance(by: .seconds(21))
            try await beat([Trial.ann, Trial.bob, Trial.cat], t)
            try t.expect(try await t.take().count, 1)
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try await beat([Trial.dan], t)
            try t.expect(try await t.take(worker: Trial.bob).count, 1)
        },
        ConformanceCase("the workers say which suspect each holds") { t in
            try await suspects(1, t)
            try await beat([Trial.ann, Trial.bob], t)
            let suspect = try await t.takeOne()
            _ = try await t.add()
            _ = try await t.takeOne(worker: Trial.bob)
            try t.expect(try await t.store.workers().map(\.suspect), [suspect.id, nil])
            try await t.settle(suspect, .done)
            try t.expect(try await t.store.workers().map(\.suspect), [nil, nil])
        },
    ]
}
