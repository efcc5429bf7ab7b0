// What outlives a record: the id of a job that ended just now, because its sender may not have received the answer and
// may send it again. Upkeep that removes other things continues until they are gone. The latest possible time never
// comes.
import OffstageCore

extension StoreConformance {
    static let rememberedCases: [ConformanceCase] = [
        ConformanceCase("a job that was pruned at once is not stored again when it is sent again") {
            $0.retention.completedCount = 0
            $0.retention.acceptedIDAge = .seconds(60)
        } body: { t in
            let jobs = (0..<5).map { _ in t.job() }
            _ = try await t.store.enqueue(jobs)
            for _ in jobs { try await t.complete() }
            try t.expect(try await t.store.maintain(limit: 100).pruned, 5)
            try t.expect(try await t.store.find([jobs[2].id]), [nil])
            try t.expect(try await t.enqueue(jobs[2]), .repeated(.completed))
            let new = [t.job(), t.job()]
            try t.expect(
                try await t.store.enqueue([jobs[4], new[0], jobs[0], new[1]]),
                [.repeated(.completed), .stored(.available), .repeated(.completed), .stored(.available)])
            t.time.advance(by: .seconds(59))
            _ = try await t.store.maintain(limit: 100)
            try t.expect(try await t.enqueue(jobs[1]), .repeated(.completed))
            // A store may round the time up by a third.
            t.time.advance(by: .seconds(21))
            try t.expect(try await t.enqueue(jobs[1]), .stored(.available))
            _ = try await t.store.maintain(limit: 100)
            try t.expect(try await t.enqueue(jobs[3]), .stored(.available))
        },
        ConformanceCase("a job with a key, an expiry or labels is remembered like any other") {
            $0.retention.completedAge = .zero
        } body: { t in
            let jobs = [
                t.job { $0.unique = UniqueRule(key: "k") }, t.job { $0.expires = .after(.seconds(500)) },
                t.job { $0.tags = ["a"] },
            ]
            _ = try await t.store.enqueue(jobs)
            for _ in jobs { try await t.complete() }
            _ = try await t.store.maintain(limit: 100)
            for job in jobs { try t.expect(try await t.enqueue(job), .repeated(.completed)) }
        },
        ConformanceCase("a job that ended long before it was pruned is forgotten with its record") {
            $0.retention.completedAge = .seconds(60)
            $0.retention.acceptedIDAge = .seconds(60)
        } body: { t in
            let job = t.job()
            _ = try await t.enqueue(job)
            try await t.complete()
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.store.maintain(limit: 100).pruned, 1)
            try t.expect(try await t.enqueue(job), .stored(.available))
        },
        ConformanceCase("discarded and cancelled jobs that were pruned at once are remembered as what they were") {
            $0.retention.endedCount = 0
        } body: { t in
            let discarded = t.job { $0.expires = .at(t.now) }
            let cancelled = t.job()
            _ = try await t.store.enqueue([discarded, cancelled])
            try await t.change(cancelled.id, .cancel)
            try t.expect(try await t.store.maintain(limit: 100).pruned, 2)
            try t.expect(
                try await t.store.enqueue([discarded, cancelled]), [.repeated(.discarded), .repeated(.cancelled)])
        },
        ConformanceCase("a job that was removed by hand does not come back when it is sent again") { t in
            let waiting = t.job()
            let ended = t.job("other")
            _ = try await t.store.enqueue([ended, waiting])
            for job in try await t.take(1, types: ["other"]) { try await t.settle(job, .done) }
            try t.expect(try await t.change(waiting.id, .remove), .removed)
            try t.expect(try await t.change(ended.id, .remove), .removed)
            try t.expect(
                try await t.store.enqueue([ended, waiting]), [.repeated(.completed), .repeated(.cancelled)])
        },
        ConformanceCase("dropping announcements goes on until they are few enough", needsTotalOrder: true) {
            $0.retention.returnsCount = 1
            $0.retention.returnsAge = .seconds(100)
        } body: { t in
            for _ in 0..<6 {
                _ = try await t.add { $0.returnQueue = "web" }
                try await t.complete()
            }
            try t.expect(try await t.store.maintain(limit: 2).more, true)
            try t.expect(try await t.store.maintain(limit: 2).more, true)
            try t.expect(try await t.store.maintain(limit: 2).more, false)
            try t.expect(try await t.store.counts().returns, ["web": 1])
            for name in ["a", "b", "c", "d"] {
                _ = try await t.add { $0.returnQueue = name }
                try await t.complete()
            }
            t.time.advance(by: .seconds(100))
            var calls = 0
            while try await t.store.maintain(limit: 2).more { calls += 1 }
            try t.expect(calls, 2)
            try t.expect(try await t.store.counts().returns, [:])
        },
        ConformanceCase("forgetting callers' own ids goes on until none is too old", needsTotalOrder: true) {
            $0.retention.completedAge = .seconds(100)
            $0.retention.callerIDAge = .seconds(200)
            $0.retention.historyAge = .seconds(1_000_000)
        } body: { t in
            for _ in 0..<5 {
                _ = try await t.add { $0.callerChoseID = true }
                try await t.complete()
            }
            t.time.advance(by: .seconds(100))
            while try await t.store.maintain(limit: 2).more {}
            t.time.advance(by: .seconds(100))
            var calls = 0
            while try await t.store.maintain(limit: 2).more { calls += 1 }
            try t.expect(calls, 2)
        },
        ConformanceCase("the latest time there is never comes") { t in
            let never = Timestamp(microseconds: .max)
            let lasting = try await t.add {
                $0.expires = .at(never)
                $0.unique = UniqueRule(key: "k", window: .seconds(100_000 * 365 * 86_400))
            }
            let held = try await t.add("other") { $0.start = .at(never) }
            try await t.expect(lasting, is: .available)
            try await t.expect(held, is: .scheduled)
            try t.expect(try await t.record(lasting).expiresAt, never)
            try t.expect(try await t.record(held).runAt, never)
            t.time.advance(by: .seconds(9 * 365 * 86_400))
            _ = try await t.store.maintain(limit: 100)
            let job = try await t.takeOne()
            try t.expect(job.id, lasting)
            try t.expect(try await t.settle(job, .snoozed(.after(.seconds(9 * 365 * 86_400)))), .accepted)
            try await t.expect(lasting, is: .scheduled)
            try t.expect(try await t.change(lasting, .reschedule(.at(never))), .done(.scheduled))
            _ = try await t.store.maintain(limit: 100)
            try t.expect(try await t.take(9).map(\.id), [])
            try t.expect(try await t.record(lasting).runAt, never)
            try await t.expect(held, is: .scheduled)
        },
    ]
}
