// Crash reports: the process that saw a worker's process die reports which attempts died with it. They crashed at that
// moment, not when their leases expire, and are suspects at once, because it is certain what they were doing.
import OffstageCore

extension StoreConformance {
    static let autopsyCases: [ConformanceCase] = [
        ConformanceCase("a job that a worker is reported to have died under is a suspect at once") { t in
            for _ in 0..<2 { _ = try await t.add { $0.priority = 2 } }
            let jobs = try await t.take(2)
            let places = [try await t.record(jobs[0].id).runAt, try await t.record(jobs[1].id).runAt]
            t.time.advance(by: .seconds(3))
            try t.expect(try await t.died([jobs[0]], "signal 11: out of bounds"), [.accepted])
            let record = try await t.record(jobs[0].id)
            try t.expect(record.state, .available)
            try t.expect(record.runAt, places[0])
            try t.expect(record.crashes, 1)
            try t.expect(record.suspectedAt, 1)
            try t.expect(record.interruptions, 1)
            try t.expect(record.attempt, 1)
            let error = JobError(at: t.now, attempt: 1, kind: .crash, message: "signal 11: out of bounds")
            try t.expect(record.errors, [error])
            let neighbour = try await t.record(jobs[1].id)
            try t.expect(neighbour.state, .available)
            try t.expect(neighbour.runAt, places[1])
            try t.expect(neighbour.crashes, 0)
            try t.expect(neighbour.isSuspect, false)
            try t.expect(neighbour.interruptions, 1)
            let reservation = try await t.store.reserve(t.wish(5, holding: 1, worker: Trial.bob))
            try t.expect(reservation.jobs.map(\.id), [jobs[1].id])
            try t.expect(reservation.suspectWaiting, true)
            let alone = try await t.take(5, worker: Trial.bob)
            try t.expect(alone.map(\.id), [jobs[0].id])
            try t.expect(alone.map(\.isSuspect), [true])
            try t.expect(alone.map(\.crashes), [1])
            try t.expect(alone.map(\.token.attempt), [1])
        },
        ConformanceCase("a report on an attempt that had not started by the record starts it") { t in
            let rule = UniqueRule(key: "k", release: .started)
            let id = try await t.add { $0.unique = rule }
            let job = try await t.takeOne(startNow: 0)
            try t.expect(try await t.died([job], ran: 400), [.accepted])
            let record = try await t.record(id)
            try t.expect(record.attempt, 1)
            try t.expect(record.attemptedAt, t.now - .microseconds(400))
            try t.expect(record.crashes, 1)
            try t.expect(record.interruptions, 1)
            let next = t.job { $0.unique = rule }
            try t.expect(try await t.enqueue(next), .stored(.available))
        },
        ConformanceCase("a report keeps the start that the record has") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            let started = t.now
            t.time.advance(by: .seconds(2))
            try t.expect(try await t.died([job], ran: 400), [.accepted])
            try t.expect(try await t.record(id).attemptedAt, started)
        },
        ConformanceCase("reports are fenced, and answered one by one") { t in
            for _ in 0..<3 { _ = try await t.add() }
            let old = try await t.takeOne()
            try t.expect(try await t.settle(old, .threw), .accepted)
            let bobs = try await t.takeOne(worker: Trial.bob)
            let job = try await t.takeOne()
            let gone = try await t.add("other")
            let never = Token(job: JobID(high: 1, low: 1), attempt: 1, worker: Trial.ann, counter: 77, locator: 0)
            var unknown = job
            unknown.token = never
            try t.expect(
                try await t.died([old, unknown, bobs, job]), [.stale, .gone, .stale, .accepted])
            try t.expect(try await t.store.counts().staleRefused, 2)
            try await t.expect(bobs.id, is: .running)
            try t.expect(try await t.record(old.id).crashes, 0)
            try t.expect(try await t.record(job.id).crashes, 1)
            try await t.expect(gone, is: .available)
            try t.expect(try await t.settle(job, .done), .stale)
            try t.expect(try await t.settle(bobs, .done), .accepted)
        },
        ConformanceCase("a report sent again is accepted and done once; other writes under its token are stale") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            try t.expect(try await t.died([job, job]), [.accepted, .accepted])
            let before = try await t.record(id)
            try t.expect(try await t.died([job]), [.accepted])
            try t.expect(try await t.record(id), before)
            try t.expect(before.crashes, 1)
            try t.expect(try await t.store.counts().staleRefused, 0)
            try t.expect(try await t.settle(job, .done), .stale)
            try t.expect(try await t.renew([job.token]).lost, [job.token])
            try t.expect(
                try await t.store.note([JobNote(token: job.token, kind: .checkpoint([1]))]), [.stale])
            try t.expect(try await t.store.counts().staleRefused, 3)
        },
        ConformanceCase("a report forgets the worker") { t in
            _ = try await t.store.heartbeat(
                WorkerStatus(
                    id: Trial.ann, host: "h", pid: 1, startedAt: t.now, queues: nil, types: ["work"], concurrency: 1,
                    isQuiet: false))
            _ = try await t.add()
            try t.expect(try await t.died([try await t.takeOne()]), [.accepted])
            try t.expect(try await t.store.workers().count, 0)
        },
        ConformanceCase("a report of a lease that has run out counts, but only until it is taken back") { t in
            let id = try await t.add()
            var job = try await t.takeOne()
            try await t.pass(.seconds(25))
            try t.expect(try await t.died([job]), [.accepted])
            job = try await t.takeOne()
            try await t.pass(.seconds(25))
            _ = try await t.store.maintain(limit: 10)
            try t.expect(try await t.died([job]), [.stale])
            let record = try await t.record(id)
            try t.expect(record.crashes, 2)
            try t.expect(record.suspectedAt, 1)
            try t.expect(record.errors.count, 2)
        },
        ConformanceCase("a job asked to cancel is cancelled when its worker is reported dead") { t in
            let id = try await t.add { $0.returnQueue = "web" }
            let job = try await t.takeOne()
            try t.expect(try await t.change(id, .cancel), .asked)
            try t.expect(try await t.died([job]), [.accepted])
            let record = try await t.record(id)
            try t.expect(record.state, .cancelled)
            try t.expect(record.crashes, 1)
            try t.expect(record.errors.map(\.kind), [.crash])
            try t.expect(record.finishedAt, t.now)
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).map(\.state), [.cancelled])
        },
        ConformanceCase("one reported crash and three alone discard a job") { t in
            let id = try await t.add { $0.returnQueue = "web" }
            for _ in 0..<3 { try t.expect(try await t.died([try await t.takeOne()]), [.accepted]) }
            try await t.expect(id, is: .available)
            try t.expect(try await t.died([try await t.takeOne()], "signal 6"), [.accepted])
            let record = try await t.record(id)
            try t.expect(record.state, .discarded)
            try t.expect(record.crashes, 4)
            try t.expect(record.suspectedAt, 1)
            try t.expect(record.interruptions, 4)
            try t.expect(record.finishedAt, t.now)
            let news = try await t.store.peekReturns(in: "web", limit: 9)
            try t.expect(news.map(\.state), [.discarded])
            try t.expect(news.map(\.error), ["signal 6"])
            try t.expect(try await t.store.history(since: t.now - .seconds(60)).map(\.discarded), [1])
        },
        ConformanceCase("crashes of both kinds count together") { t in
            let id = try await t.add()
            _ = try await t.takeOne()
            try await t.pass(.seconds(20))
            try t.expect(try await t.died([try await t.takeOne()]), [.accepted])
            try t.expect(try await t.record(id).suspectedAt, 2)
            for _ in 0..<2 {
                _ = try await t.takeOne()
                try await t.pass(.seconds(20))
            }
            _ = try await t.store.maintain(limit: 10)
            try await t.expect(id, is: .available)
            try t.expect(try await t.died([try await t.takeOne()]), [.accepted])
            try await t.expect(id, is: .discarded)
            try t.expect(try await t.change(id, .retry), .done(.available))
            let record = try await t.record(id)
            try t.expect(record.crashes, 0)
            try t.expect(record.suspectedAt, 0)
        },
        ConformanceCase("a suspect that is put back stays one until it has ended") { t in
            let id = try await t.add()
            try t.expect(try await t.died([try await t.takeOne()]), [.accepted])
            try await t.settle(try await t.takeOne(), .snoozed(.after(.seconds(5))))
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.take(holding: 1).count, 0)
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.take(holding: 1).count, 0)
            try t.expect(try await t.settle(try await t.takeOne(), .done), .accepted)
            let record = try await t.record(id)
            try t.expect(record.state, .completed)
            try t.expect(record.suspectedAt, 1)
        },
    ]
}
