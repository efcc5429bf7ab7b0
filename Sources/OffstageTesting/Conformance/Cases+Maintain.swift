// Upkeep: each part is bounded, everything happens in a fixed order, and no job depends on it to run.
import OffstageCore

extension StoreConformance {
    static let maintainCases: [ConformanceCase] = [
        ConformanceCase("due jobs are called available, up to the limit", needsTotalOrder: true) { t in
            for _ in 0..<3 { _ = try await t.add { $0.start = .after(.seconds(5)) } }
            _ = try await t.add { $0.start = .after(.seconds(50)) }
            try t.expect(try await t.store.maintain(limit: 2).freed, 0)
            t.time.advance(by: .seconds(5))
            var report = try await t.store.maintain(limit: 2)
            try t.expect(report.freed, 2)
            try t.expect(report.more, true)
            report = try await t.store.maintain(limit: 2)
            try t.expect(report.freed, 1)
            try t.expect(report.more, false)
            try t.expect(try await t.store.counts().total(.available), 3)
            try t.expect(try await t.store.counts().total(.scheduled), 1)
        },
        ConformanceCase("a retryable job whose time has come is called available and keeps its place") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .seconds(61))
            try t.expect(try await t.store.maintain(limit: 9).freed, 1)
            let record = try await t.record(id)
            try t.expect(record.state, .available)
            try t.expect(record.runAt, t.now - .seconds(1))
        },
        ConformanceCase("expired jobs are discarded, whatever they waited for", needsTotalOrder: true) { t in
            _ = try await t.add { $0.unique = UniqueRule(key: "k") }
            _ = try await t.takeOne()
            let held = try await t.add {
                $0.unique = UniqueRule(key: "k", onConflict: .again)
                $0.expires = .after(.seconds(5))
            }
            let scheduled = try await t.add {
                $0.start = .after(.seconds(99))
                $0.expires = .after(.seconds(5))
            }
            let available = try await t.add { $0.expires = .after(.seconds(5)) }
            let later = try await t.add { $0.expires = .after(.seconds(6)) }
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.store.maintain(limit: 2).expired, 2)
            try t.expect(try await t.store.maintain(limit: 2).expired, 1)
            for id in [held, scheduled, available] { try await t.expect(id, is: .discarded) }
            try await t.expect(later, is: .available)
        },
        ConformanceCase("a running job does not expire") { t in
            let id = try await t.add { $0.expires = .after(.seconds(5)) }
            let job = try await t.takeOne()
            t.time.advance(by: .seconds(6))
            try t.expect(try await t.store.maintain(limit: 9).expired, 0)
            try t.expect(try await t.settle(job, .done), .accepted)
            try await t.expect(id, is: .completed)
        },
        ConformanceCase("leases that have run out are taken back, up to the limit", needsTotalOrder: true) { t in
            for _ in 0..<3 { _ = try await t.add() }
            _ = try await t.take(3)
            try await t.pass(.seconds(20))
            try t.expect(try await t.store.maintain(limit: 2).rescued, 2)
            try t.expect(try await t.store.maintain(limit: 2).rescued, 1)
            try t.expect(try await t.store.counts().total(.available), 3)
        },
        ConformanceCase("ended jobs are kept by age: completed, other ends, and by type") {
            $0.retention.completedAge = .seconds(10)
            $0.retention.endedAge = .seconds(30)
            $0.retention.completedAgeByType = ["other": .seconds(20)]
        } body: { t in
            let completed = try await t.add()
            try await t.complete()
            let typed = try await t.add("other")
            try await t.complete()
            let cancelled = try await t.add()
            try await t.change(cancelled, .cancel)
            let discarded = try await t.add { $0.expires = .at(t.now) }
            let waiting = try await t.add()
            func left() async throws -> [Bool] {
                try await t.store.find([completed, typed, cancelled, discarded, waiting]).map { $0 != nil }
            }
            t.time.advance(by: .microseconds(9_999_999))
            try t.expect(try await t.store.maintain(limit: 9).pruned, 0)
            t.time.advance(by: .microseconds(1))
            try t.expect(try await t.store.maintain(limit: 9).pruned, 1)
            try t.expect(try await left(), [false, true, true, true, true])
            t.time.advance(by: .seconds(10))
            try t.expect(try await t.store.maintain(limit: 9).pruned, 1)
            try t.expect(try await left(), [false, false, true, true, true])
            t.time.advance(by: .seconds(10))
            try t.expect(try await t.store.maintain(limit: 9).pruned, 2)
            try t.expect(try await left(), [false, false, false, false, true])
            try t.expect(try await t.store.counts().lanes.map { $0.byState.reduce(0, +) }, [1])
        },
        ConformanceCase("ended jobs are kept by number, the latest ends", needsTotalOrder: true) {
            $0.retention.completedCount = 2
            $0.retention.endedCount = 1
        } body: { t in
            var completed: [JobID] = []
            var cancelled: [JobID] = []
            for _ in 0..<4 {
                completed.append(try await t.add())
                try await t.complete()
                let id = try await t.add()
                try await t.change(id, .cancel)
                cancelled.append(id)
                t.time.advance(by: .seconds(1))
            }
            var pruned = 0
            while case let report = try await t.store.maintain(limit: 2), report.pruned > 0 { pruned += report.pruned }
            try t.expect(pruned, 5)
            try t.expect(try await t.store.find(completed).map { $0 != nil }, [false, false, true, true])
            try t.expect(try await t.store.find(cancelled).map { $0 != nil }, [false, false, false, true])
        },
        ConformanceCase("a token of a pruned job is answered as gone") {
            $0.retention.completedCount = 0
        } body: { t in
            _ = try await t.add()
            let job = try await t.takeOne()
            try await t.settle(job, .done)
            try t.expect(try await t.store.maintain(limit: 9).pruned, 1)
            try t.expect(try await t.settle(job, .done), .gone)
            try t.expect(try await t.store.counts().staleRefused, 0)
        },
        ConformanceCase("a job retried by hand is not pruned by the age of its old end") {
            $0.retention.completedAge = .seconds(10)
        } body: { t in
            let id = try await t.add()
            try await t.complete()
            try await t.change(id, .retry)
            t.time.advance(by: .seconds(10))
            try t.expect(try await t.store.maintain(limit: 9).pruned, 0)
            try await t.expect(id, is: .available)
        },
        ConformanceCase("history is kept for its age") {
            $0.retention.historyAge = .seconds(600)
        } body: { t in
            _ = try await t.add()
            try await t.complete()
            let begin = t.now
            t.time.advance(by: .seconds(600))
            try t.expect(try await t.store.history(since: begin).count, 1)
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.store.history(since: begin).count, 0)
            _ = try await t.store.maintain(limit: 9)
            try t.expect(try await t.store.history(since: begin).count, 0)
        },
        ConformanceCase(
            "announcements are kept by age and number, and what is dropped is counted", needsTotalOrder: true
        ) {
            $0.retention.returnsAge = .seconds(100)
            $0.retention.returnsCount = 3
        } body: { t in
            for _ in 0..<5 {
                _ = try await t.add { $0.returnQueue = "web" }
                try await t.complete()
                t.time.advance(by: .seconds(1))
            }
            _ = try await t.store.maintain(limit: 100)
            var counts = try await t.store.counts()
            try t.expect(counts.returns, ["web": 3])
            try t.expect(counts.returnsDropped, ["web": 2])
            t.time.advance(by: .seconds(97))
            _ = try await t.store.maintain(limit: 100)
            counts = try await t.store.counts()
            try t.expect(counts.returns, ["web": 2])
            try t.expect(counts.returnsDropped, ["web": 3])
            try t.expect(try await t.store.takeReturns(from: "web", limit: 9, lease: .seconds(1)).count, 2)
        },
    ]
}
