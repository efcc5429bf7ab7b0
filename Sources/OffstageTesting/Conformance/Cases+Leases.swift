// Leases: renewed by list, handed back when a reply was lost, taken back when they are not renewed. The wall clock
// never affects them.
import OffstageCore

extension StoreConformance {
    static let leaseCases: [ConformanceCase] = [
        ConformanceCase("a lease that is renewed is never taken away, even for a day") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            for _ in 0..<(86_400 / 19) {
                t.time.advance(by: .seconds(19))
                try t.expect(try await t.renew([job.token]), RenewReply())
            }
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try t.expect(try await t.settle(job, .done), .accepted)
            try await t.expect(id, is: .completed)
        },
        ConformanceCase(
            "an expired lease is taken back by the next reservation, in its old place", needsTotalOrder: true
        ) { t in
            let id = try await t.add()
            t.time.advance(by: .seconds(1))
            let place = try await t.record(id).runAt
            _ = try await t.takeOne()
            _ = try await t.add()
            try await t.pass(.microseconds(19_999_999))
            try t.expect(try await t.take(1, types: ["other"], worker: Trial.bob).count, 0)
            try await t.expect(id, is: .running)
            t.time.advance(by: .microseconds(1))
            let job = try await t.takeOne(worker: Trial.bob)
            try t.expect(job.id, id)
            try t.expect(job.token.attempt, 1)
            try t.expect(job.crashes, 1)
            let record = try await t.record(id)
            try t.expect(record.runAt, place)
            try t.expect(record.interruptions, 1)
            try t.expect(record.errors.map(\.kind), [.crash])
            try t.expect(record.errors.map(\.attempt), [1])
        },
        ConformanceCase("steps of the wall clock neither end nor prolong a lease") { t in
            _ = try await t.add()
            let job = try await t.takeOne()
            t.time.step(by: .seconds(86_400))
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
            try t.expect(try await t.renew([job.token]).lost, [])
            t.time.step(by: .seconds(-2 * 86_400))
            try await t.pass(.seconds(20))
            try t.expect(try await t.store.maintain(limit: 10).rescued, 1)
        },
        ConformanceCase("a renewal returns which leases are lost, and counts those that somebody else took") { t in
            _ = try await t.add()
            let frozen = try await t.takeOne()
            try await t.pass(.seconds(20))
            let bobs = try await t.takeOne(worker: Trial.bob)
            try t.expect(try await t.renew([frozen.token]).lost, [frozen.token])
            try t.expect(try await t.store.counts().staleRefused, 1)
            try await t.settle(bobs, .done)
            try t.expect(try await t.renew([frozen.token]).lost, [frozen.token])
            try t.expect(try await t.store.counts().staleRefused, 2)
            // A lease that was handed back because its reply was lost is lost, too, though no worker holds it.
            _ = try await t.add()
            let unheard = try await t.takeOne()
            _ = try await t.renew([], before: unheard.token.counter + 1)
            try t.expect(try await t.renew([unheard.token]).lost, [unheard.token])
            try t.expect(try await t.store.counts().staleRefused, 3)
        },
        ConformanceCase("a renewal of a job that is gone is lost, and not counted") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            try await t.settle(job, .done)
            try await t.change(id, .remove)
            let never = Token(job: JobID(high: 1, low: 1), attempt: 1, worker: Trial.ann, counter: 77, locator: 0)
            try t.expect(Set(try await t.renew([job.token, never]).lost), Set([job.token, never]))
            try t.expect(try await t.store.counts().staleRefused, 0)
        },
        ConformanceCase("a renewal that meets its own worker's settle is neither lost nor stale") { t in
            for outcome in [
                Outcome.done, .threw, .discarded(Failure(.discard, "no")), .cancelled, .snoozed(.now), .interrupted,
            ] {
                let id = try await t.add()
                let other = try await t.add("other")
                let job = try await t.takeOne()
                let kept = try await t.take(types: ["other"])
                try t.expect(try await t.settle(job, outcome), .accepted)
                try t.expect(try await t.renew([job.token] + kept.map(\.token)), RenewReply())
                // Also when the job was released and another worker runs it by now.
                _ = try await t.take(worker: Trial.bob)
                try t.expect(try await t.renew([job.token] + kept.map(\.token)), RenewReply())
                try await t.settle(kept[0], .done)
                try t.expect(try await t.record(other).state, .completed)
                try await t.store.retire(Trial.bob)
                try await t.change(id, .cancel)
            }
            try t.expect(try await t.store.counts().staleRefused, 0)
        },
        ConformanceCase("a note that meets its own worker's settle is refused, and not counted") { t in
            for outcome in [Outcome.done, .threw, .interrupted] {
                let id = try await t.add()
                let job = try await t.takeOne(startNow: 0)
                try await t.settle(job, outcome)
                let before = try await t.record(id)
                let answers = try await t.store.note([
                    JobNote(token: job.token, kind: .started(agoMicroseconds: 300)),
                    JobNote(token: job.token, kind: .progress(Progress(fraction: 0.5))),
                    JobNote(token: job.token, kind: .checkpoint([1])),
                ])
                try t.expect(answers, [.stale, .stale, .stale])
                try t.expect(try await t.record(id), before)
                try await t.change(id, .cancel)
            }
            try t.expect(try await t.store.counts().staleRefused, 0)
        },
        ConformanceCase("a renewal keeps a lease that has run out, if nobody took it back yet") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            t.time.advance(by: .seconds(25))
            try t.expect(try await t.renew([job.token]), RenewReply())
            try t.expect(try await t.record(id).leaseUntil, t.now + .seconds(20))
            try t.expect(try await t.take(worker: Trial.bob).count, 0)
        },
        ConformanceCase("a renewal tells which jobs are asked to cancel") { t in
            for _ in 0..<2 { _ = try await t.add() }
            let jobs = try await t.take(2)
            try t.expect(try await t.change(jobs[1].id, .cancel), .asked)
            let asked = t.now
            t.time.advance(by: .seconds(1))
            try t.expect(try await t.change(jobs[1].id, .cancel), .asked)
            try t.expect(try await t.record(jobs[1].id).cancelRequestedAt, asked)
            try t.expect(try await t.renew(jobs.map(\.token)).cancelRequested, [jobs[1].token])
        },
        ConformanceCase("a lease that its worker never heard of is handed back at its next renewal") { t in
            for _ in 0..<3 { _ = try await t.add() }
            let jobs = try await t.take(3)
            let ids = jobs.map(\.id)
            let bobs = try await t.add("other")
            _ = try await t.take(types: ["other"], worker: Trial.bob)
            let reply = try await t.renew([jobs[0].token], before: jobs[2].token.counter)
            try t.expect(reply.handedBack, 1)
            try await t.expect(ids[0], is: .running)
            try await t.expect(ids[1], is: .available)
            try await t.expect(ids[2], is: .running)
            try await t.expect(bobs, is: .running)
            let record = try await t.record(ids[1])
            try t.expect(record.interruptions, 0)
            try t.expect(record.crashes, 0)
            try t.expect(try await t.settle(jobs[1], .done), .stale)
        },
        ConformanceCase("a job asked to cancel is cancelled when its lease is taken back, however that happens") { t in
            for road in 0..<3 {
                let id = try await t.add { $0.returnQueue = "web" }
                let job = try await t.takeOne()
                try await t.change(id, .cancel)
                switch road {
                case 0: _ = try await t.renew([], before: job.token.counter + 1)
                case 1: try await t.store.retire(Trial.ann)
                default:
                    try await t.pass(.seconds(20))
                    try t.expect(try await t.take().count, 0)
                }
                let record = try await t.record(id)
                try t.expect(record.state, .cancelled)
                try t.expect(record.finishedAt, t.now)
            }
            try t.expect(
                try await t.store.peekReturns(in: "web", limit: 9).map(\.state), Array(repeating: .cancelled, count: 3))
            try t.expect(try await t.store.history(since: t.now - .seconds(60)).map(\.cancelled).reduce(0, +), 3)
        },
        ConformanceCase("retiring a worker hands back all it holds, and nothing of others") { t in
            for _ in 0..<2 { _ = try await t.add() }
            let first = try await t.takeOne(worker: Trial.ann)
            let ids = [first.id, try await t.takeOne(worker: Trial.bob).id]
            try await t.store.retire(Trial.ann)
            try await t.expect(ids[0], is: .available)
            try await t.expect(ids[1], is: .running)
            let record = try await t.record(ids[0])
            try t.expect(record.interruptions, 1)
            try t.expect(record.attempt, 1)
            try t.expect(try await t.settle(first, .done), .stale)
            try t.expect(try await t.takeOne().token.attempt, 1)
        },
        ConformanceCase("notes are fenced, and answered one by one") { t in
            let id = try await t.add()
            let old = try await t.takeOne()
            try await t.pass(.seconds(20))
            let job = try await t.takeOne(startNow: 0, worker: Trial.bob)
            let never = Token(job: JobID(high: 1, low: 1), attempt: 1, worker: Trial.ann, counter: 77, locator: 0)
            let answers = try await t.store.note([
                JobNote(token: old.token, kind: .progress(Progress(fraction: 0.1))),
                JobNote(token: never, kind: .checkpoint([1])),
                JobNote(token: job.token, kind: .started(agoMicroseconds: 300)),
                JobNote(token: job.token, kind: .progress(Progress(fraction: 0.2, note: "x"))),
                JobNote(token: job.token, kind: .checkpoint([9])),
            ])
            try t.expect(answers, [.stale, .gone, .accepted, .accepted, .accepted])
            let record = try await t.record(id)
            try t.expect(record.progress, Progress(fraction: 0.2, note: "x"))
            try t.expect(record.checkpoint, [9])
            try t.expect(record.isStarted, true)
            try t.expect(record.attemptedAt, t.now - .microseconds(300))
            try t.expect(try await t.store.counts().staleRefused, 1)
        },
        ConformanceCase("a second start changes nothing") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            let started = t.now
            t.time.advance(by: .seconds(5))
            try t.expect(
                try await t.store.note([JobNote(token: job.token, kind: .started(agoMicroseconds: 0))]), [.accepted])
            try t.expect(try await t.record(id).attemptedAt, started)
        },
        ConformanceCase("progress replaces what was there, and an empty checkpoint is one") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            for fraction in [0.25, 1.0] {
                _ = try await t.store.note([JobNote(token: job.token, kind: .progress(Progress(fraction: fraction)))])
                try t.expect(try await t.record(id).progress?.fraction, fraction)
            }
            _ = try await t.store.note([JobNote(token: job.token, kind: .checkpoint([]))])
            try t.expect(try await t.record(id).checkpoint, [])
        },
    ]
}
