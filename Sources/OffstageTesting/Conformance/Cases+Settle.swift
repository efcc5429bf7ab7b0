// Settle: what each kind of end does to the record, and that only the current lease is accepted.
import OffstageCore

extension StoreConformance {
    static let settleCases: [ConformanceCase] = [
        ConformanceCase("completed: the result is kept and the job has ended") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            t.time.advance(by: .seconds(1))
            let result = Array("{\"n\":1}".utf8)
            try t.expect(try await t.settle(job, .returned(result: result, truncated: true)), .accepted)
            let record = try await t.record(id)
            try t.expect(record.state, .completed)
            try t.expect(record.result, result)
            try t.expect(record.resultTruncated, true)
            try t.expect(record.finishedAt, t.now)
            try t.expect(record.worker, nil)
            try t.expect(record.leaseUntil, nil)
            try t.expect(record.isStarted, false)
            try t.expect(record.attempt, 1)
        },
        ConformanceCase("failed: retryable after the delay, with the error, and the next attempt counts on") { t in
            let id = try await t.add()
            t.time.advance(by: .seconds(1))
            try await t.settle(try await t.takeOne(), .threw)
            let record = try await t.record(id)
            try t.expect(record.state, .retryable)
            try t.expect(record.runAt, t.now + .seconds(60))
            try t.expect(record.finishedAt, nil)
            try t.expect(record.errors, [JobError(at: t.now, attempt: 1, kind: .failed, message: "broken")])
            try t.expect(record.interruptions, 0)
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.takeOne().token.attempt, 2)
            try t.expect(try await t.record(id).attempt, 2)
        },
        ConformanceCase("a retry for a time that has passed is now") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .retryAt(.at(t.now - .seconds(9)), Failure(.retry, "again")))
            try t.expect(try await t.record(id).runAt, t.now)
            try await t.expect(id, is: .retryable)
            try t.expect(try await t.takeOne().id, id)
        },
        ConformanceCase("discarded: counts, keeps the error, and ends") { t in
            let id = try await t.add { $0.maxAttempts = 1 }
            try await t.settle(try await t.takeOne(), .threw)
            let record = try await t.record(id)
            try t.expect(record.state, .discarded)
            try t.expect(record.attempt, 1)
            try t.expect(record.errors.map(\.message), ["broken"])
            try t.expect(record.finishedAt, t.now)
        },
        ConformanceCase("cancelled by its handler: ended") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .cancelled)
            try await t.expect(id, is: .cancelled)
            try t.expect(try await t.record(id).errors, [])
        },
        ConformanceCase("snoozed: scheduled, an interruption, and the same attempt again") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .snoozed(.after(.seconds(30))))
            var record = try await t.record(id)
            try t.expect(record.state, .scheduled)
            try t.expect(record.runAt, t.now + .seconds(30))
            try t.expect(record.interruptions, 1)
            try t.expect(record.errors, [])
            t.time.advance(by: .seconds(30))
            try t.expect(try await t.takeOne().token.attempt, 1)
            record = try await t.record(id)
            try t.expect(record.attempt, 1)
        },
        ConformanceCase(
            "handed back: available at once, in its old place, with the same attempt", needsTotalOrder: true
        ) { t in
            let first = try await t.add()
            t.time.advance(by: .seconds(1))
            let job = try await t.takeOne()
            _ = try await t.add()
            let place = try await t.record(first).runAt
            t.time.advance(by: .seconds(1))
            try await t.settle(job, .interrupted)
            var record = try await t.record(first)
            try t.expect(record.state, .available)
            try t.expect(record.runAt, place)
            try t.expect(record.interruptions, 1)
            try t.expect(record.attempt, 1)
            let again = try await t.takeOne()
            try t.expect(again.id, first, "who comes first")
            try t.expect(again.token.attempt, 1)
            try await t.settle(again, .leaseLost)
            record = try await t.record(first)
            try t.expect(record.errors.map(\.kind), [.leaseLost])
            try t.expect(record.interruptions, 2)
        },
        ConformanceCase("handed back without a start: no interruption, and no attempt") { t in
            let id = try await t.add()
            let job = try await t.takeOne(startNow: 0)
            try t.expect(try await t.store.settle([Settlement.unstarted(job)]), [.accepted])
            let record = try await t.record(id)
            try t.expect(record.state, .available)
            try t.expect(record.interruptions, 0)
            try t.expect(record.attempt, 0)
            try t.expect(record.attemptedAt, nil)
        },
        ConformanceCase("handed back without a start that was noted: no interruption") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            try t.expect(try await t.record(id).isStarted, true, "noted by the reservation")
            try t.expect(try await t.store.settle([Settlement.unstarted(job)]), [.accepted])
            try t.expect(try await t.record(id).state, .available)
            try t.expect(try await t.record(id).interruptions, 0)
            try t.expect(try await t.takeOne().token.attempt, 1)
        },
        ConformanceCase("a settle that says the job ran starts it, that long ago") { t in
            let id = try await t.add()
            let job = try await t.takeOne(startNow: 0)
            t.time.advance(by: .seconds(1))
            try await t.settle(job, .threw, ran: 250_000)
            let record = try await t.record(id)
            try t.expect(record.attemptedAt, t.now - .microseconds(250_000))
            try t.expect(record.attempt, 1)
            try t.expect(record.errors.map(\.attempt), [1])
        },
        ConformanceCase("the record keeps the first error and the last nineteen") { t in
            let id = try await t.add { $0.maxAttempts = 100 }
            for number in 1...25 {
                try await t.settle(try await t.takeOne(), .retryAt(.now, Failure(.failed, "\(number)")))
            }
            let messages = try await t.record(id).errors.map(\.message)
            try t.expect(messages, ["1"] + (7...25).map { "\($0)" })
            try t.expect(try await t.record(id).attempt, 25)
        },
        ConformanceCase("progress and checkpoint outlive a retry, a snooze, a hand-back and a rescue") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            _ = try await t.store.note([
                JobNote(token: job.token, kind: .progress(Progress(fraction: 0.5, note: "half"))),
                JobNote(token: job.token, kind: .checkpoint([1, 2, 3])),
            ])
            try await t.settle(job, .threw)
            t.time.advance(by: .seconds(60))
            for outcome in [Outcome.snoozed(.now), .interrupted] {
                let job = try await t.takeOne()
                try t.expect(job.checkpoint, [1, 2, 3])
                try await t.settle(job, outcome)
            }
            _ = try await t.takeOne()
            try await t.pass(.seconds(20))
            try t.expect(try await t.takeOne().checkpoint, [1, 2, 3])
            try t.expect(try await t.record(id).progress, Progress(fraction: 0.5, note: "half"))
        },
    ]
}
