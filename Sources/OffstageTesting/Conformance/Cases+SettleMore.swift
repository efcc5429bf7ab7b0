// Settle, continued: fencing, an answer for each item, what is sent again, cancellation, follow-ups and history.
import OffstageCore

extension StoreConformance {
    static let settleMoreCases: [ConformanceCase] = [
        ConformanceCase("a settle sent again is accepted and done once, as long as none came after it") { t in
            for outcome in [
                Outcome.done, .discarded(Failure(.discard, "no")), .cancelled, .snoozed(.now), .interrupted,
            ] {
                let id = try await t.add { $0.returnQueue = "web" }
                let job = try await t.takeOne()
                try t.expect(try await t.settle(job, outcome), .accepted)
                let before = try await t.record(id)
                try t.expect(try await t.settle(job, outcome), .accepted, "sent again")
                try t.expect(try await t.record(id), before, "record")
                let other = outcome == .done ? Outcome.threw : .done
                try t.expect(try await t.settle(job, other), .stale, "another kind of end")
                try await t.change(id, .cancel)
            }
            try t.expect(try await t.store.counts().staleRefused, 5)
            try t.expect(try await t.store.peekReturns(in: "web", limit: 99).count, 5)
        },
        ConformanceCase("a settle sent again is accepted even while another worker runs the job") { t in
            _ = try await t.add()
            let first = try await t.takeOne()
            try await t.settle(first, .interrupted)
            let second = try await t.takeOne(worker: Trial.bob)
            try t.expect(try await t.settle(first, .interrupted), .accepted)
            try t.expect(try await t.settle(second, .done), .accepted)
            try t.expect(try await t.settle(first, .interrupted), .stale)
        },
        ConformanceCase("a worker whose lease was taken over cannot settle, and is counted") { t in
            let id = try await t.add()
            let frozen = try await t.takeOne()
            try await t.pass(.seconds(20))
            let second = try await t.takeOne(worker: Trial.bob)
            try t.expect(second.id, id)
            try t.expect(try await t.settle(frozen, .done), .stale)
            try await t.expect(id, is: .running)
            try t.expect(try await t.record(id).worker, Trial.bob)
            try t.expect(try await t.settle(second, .done), .accepted)
            try t.expect(try await t.settle(frozen, .done), .stale)
            try t.expect(try await t.store.counts().staleRefused, 2)
        },
        ConformanceCase("every part of the token counts") { t in
            let id = try await t.add()
            _ = try await t.add("other")
            let jobs = try await t.take(2)
            let token = jobs[0].token
            func forged(attempt: Int? = nil, worker: WorkerID? = nil, counter: UInt64? = nil) -> ReservedJob {
                var job = jobs[0]
                job.token = Token(
                    job: token.job, attempt: attempt ?? token.attempt, worker: worker ?? token.worker,
                    counter: counter ?? token.counter, locator: token.locator)
                return job
            }
            try t.expect(try await t.settle(forged(attempt: 2), .done), .stale, "attempt")
            try t.expect(try await t.settle(forged(worker: Trial.bob), .done), .stale, "worker")
            try t.expect(try await t.settle(forged(counter: 99), .done), .stale, "counter")
            try await t.expect(id, is: .running)
        },
        ConformanceCase("a locator that points to another job touches neither") { t in
            let ids = [try await t.add(), try await t.add()]
            var jobs = try await t.take(2)
            let token = jobs[0].token
            jobs[0].token = Token(
                job: JobID(high: 9, low: 9), attempt: token.attempt, worker: token.worker, counter: token.counter,
                locator: jobs[1].token.locator)
            try t.expect(try await t.settle(jobs[0], .done), .gone)
            for id in ids { try await t.expect(id, is: .running) }
        },
        ConformanceCase("a lease that has run out but was not taken back is still good") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            t.time.advance(by: .seconds(1000))
            try t.expect(try await t.settle(job, .done), .accepted)
            try await t.expect(id, is: .completed)
        },
        ConformanceCase("a batch is answered item by item") { t in
            let ids = [try await t.add(), try await t.add(), try await t.add()]
            let jobs = try await t.take(2)
            let left = try await t.waiting(ids)
            var gone = jobs[1]
            gone.token = Token(job: JobID(high: 1, low: 1), attempt: 1, worker: Trial.ann, counter: 9, locator: 0)
            var stale = jobs[1]
            stale.token = Token(job: left, attempt: 1, worker: Trial.ann, counter: 9, locator: 0)
            let answers = try await t.store.settle([
                t.end(jobs[0], .done), t.end(gone, .done), t.end(stale, .done), t.end(jobs[0], .done),
                t.end(jobs[1], .threw),
            ])
            try t.expect(answers, [.accepted, .gone, .stale, .accepted, .accepted])
            try await t.expect(jobs[0].id, is: .completed)
            try await t.expect(jobs[1].id, is: .retryable)
            try await t.expect(left, is: .available)
        },
        ConformanceCase("a job asked to cancel is completed if it returns, and cancelled however else it ends") { t in
            let ends: [(Outcome, JobState, [FailureKind])] = [
                (.done, .completed, []), (.threw, .cancelled, [.failed]),
                (.discarded(Failure(.discard, "no")), .cancelled, [.discard]),
                (.snoozed(.now), .cancelled, []), (.interrupted, .cancelled, []),
                (.leaseLost, .cancelled, [.leaseLost]),
                (.cancelled, .cancelled, []),
            ]
            for (outcome, state, errors) in ends {
                let id = try await t.add()
                let job = try await t.takeOne()
                try t.expect(try await t.change(id, .cancel), .asked)
                try t.expect(try await t.settle(job, outcome), .accepted)
                let record = try await t.record(id)
                try t.expect(record.state, state, "\(outcome)")
                try t.expect(record.errors.map(\.kind), errors, "\(outcome)")
                try t.expect(record.attempt, 1)
                try t.expect(record.finishedAt, t.now)
            }
        },
        ConformanceCase("follow-ups are stored with the completion, once, and with no other end") { t in
            _ = try await t.add()
            let job = try await t.takeOne()
            let next = try t.followUp(of: job)
            let end = t.end(job, .done, followUps: [next])
            let reply = try await t.store.settle([end], reserving: t.wish())
            try t.expect(reply.reservation?.jobs.map(\.id), [next.id], "given out in the same call")
            try t.expect(try await t.store.settle([end]), [.accepted])
            try t.expect(try await t.store.list(JobFilter(), after: nil, limit: 9).records.count, 2)
            for outcome in [Outcome.threw, .interrupted, .snoozed(.now), .cancelled] {
                let id = try await t.add("other")
                let job = try await t.take(types: ["other"])[0]
                let never = try t.followUp(of: job)
                _ = try await t.store.settle([t.end(job, outcome, followUps: [never])])
                try t.expect(try await t.store.find([never.id]), [nil], "\(outcome)")
                try await t.change(id, .remove)
            }
        },
        ConformanceCase("a follow-up whose id is taken is on its parent's record, and in the reply") { t in
            let parent = try await t.add()
            let job = try await t.takeOne()
            let next = try t.followUp(of: job)
            var other = next
            other.arguments = [1]
            _ = try await t.enqueue(other)
            let good = try t.followUp(of: job)
            let settlement = t.end(job, .done, followUps: [next, good])
            let reply = try await t.store.settle([settlement], reserving: nil)
            try t.expect(reply.answers, [.accepted])
            try t.expect(reply.refusedFollowUps.map(\.parent), [parent])
            try t.expect(reply.refusedFollowUps.map(\.job), [next.id])
            let record = try await t.record(parent)
            try t.expect(record.state, .completed)
            try t.expect(record.errors.map(\.kind), [.failed])
            try t.expect(record.errors.map(\.attempt), [1])
            try t.expect(
                record.errors.map(\.message),
                ["follow-up \(next.id) was not stored: id \(next.id) is taken by a different job"])
            try t.expect(reply.refusedFollowUps.map(\.failure.message), record.errors.map(\.message))
            try await t.expect(good.id, is: .available)
            let again = try await t.store.settle([settlement], reserving: nil)
            try t.expect(again.answers, [.accepted])
            try t.expect(try await t.record(parent), record, "sent again")
        },
        ConformanceCase("a follow-up whose unique key is held is on its parent's record", needsTotalOrder: true) { t in
            let holder = try await t.add("other") { $0.unique = UniqueRule(key: "k") }
            let parent = try await t.add()
            let job = try await t.take(types: ["work"])[0]
            let next = t.job("other") { $0.unique = UniqueRule(key: "k") }
            let newer = t.job("other") { $0.unique = UniqueRule(key: "k", onConflict: .replace) }
            let reply = try await t.store.settle([t.end(job, .done, followUps: [next, newer])], reserving: t.wish())
            try t.expect(
                try await t.record(parent).errors.map(\.message),
                ["follow-up \(next.id) was not stored: its unique key is held by job \(holder)"])
            try t.expect(reply.refusedFollowUps.map(\.job), [next.id])
            try t.expect(reply.reservation?.jobs.map(\.arguments), [newer.arguments])
        },
        ConformanceCase("a job that has completed gives its checkpoint up, and one that failed keeps it") { t in
            let gaveUp = Outcome.discarded(Failure(.discard, ""))
            for (outcome, isKept) in [(Outcome.done, false), (.threw, true), (gaveUp, true)] {
                let id = try await t.add()
                let job = try await t.takeOne()
                _ = try await t.store.note([
                    JobNote(token: job.token, kind: .checkpoint([7])),
                    JobNote(token: job.token, kind: .progress(Progress(fraction: 0.5, note: "half"))),
                ])
                try await t.settle(job, outcome)
                let record = try await t.record(id)
                try t.expect(record.checkpoint, isKept ? [7] : nil, "\(outcome)")
                try t.expect(record.progress?.note, "half", "\(outcome)")
                try await t.change(id, .remove)
            }
        },
        ConformanceCase("history counts ends by type and minute, with their run times") { t in
            let ends: [(Outcome, Int64)] = [
                (.done, 5000), (.done, 7000), (.threw, 100), (.discarded(Failure(.discard, "")), 10),
            ]
            for (outcome, ran) in ends {
                _ = try await t.add()
                try await t.settle(try await t.takeOne(), outcome, ran: ran)
            }
            let begin = t.now
            _ = try await t.add("other")
            t.time.advance(by: .seconds(60))
            let other = try await t.take(types: ["other"])[0]
            try await t.settle(other, .cancelled, ran: 3)
            try await t.change(try await t.add { $0.start = .after(.seconds(500)) }, .cancel)
            _ = try await t.add { $0.expires = .at(t.now) }
            for outcome in [Outcome.snoozed(.now), .interrupted] {
                let id = try await t.add("other")
                try await t.settle(try await t.take(types: ["other"])[0], outcome)
                try await t.change(id, .remove)
            }
            var first = HistoryRow(minute: begin, type: "work")
            first.completed = 2
            first.failed = 1
            first.discarded = 1
            first.ranMicroseconds = 12_110
            first.longestMicroseconds = 7000
            var second = HistoryRow(minute: t.now, type: "other")
            second.cancelled = 1
            second.ranMicroseconds = 3
            second.longestMicroseconds = 3
            var third = HistoryRow(minute: t.now, type: "work")
            third.cancelled = 1
            third.discarded = 1
            try t.expect(try await t.store.history(since: begin), [first, second, third])
            try t.expect(try await t.store.history(since: t.now + .seconds(30)), [second, third], "the whole minute")
            try t.expect(try await t.store.history(since: t.now + .seconds(60)), [])
        },
    ]
}
