// Jobs under which processes died: counted when a lease of a started job runs out, isolated from the second crash on,
// and discarded when they have crashed alone three times.
import OffstageCore

extension StoreConformance {
    /// Lets the lease of the next job run out, started, so many times.
    private static func crash(_ times: Int, _ t: Trial) async throws {
        for _ in 0..<times {
            _ = try await t.takeOne()
            t.time.advance(by: .seconds(20))
        }
        _ = try await t.store.maintain(limit: 100)
    }

    static let suspectCases: [ConformanceCase] = [
        ConformanceCase(
            "a suspect is given to a worker that holds nothing, before all others and alone", needsTotalOrder: true
        ) { t in
            let suspect = try await t.add { $0.priority = 9 }
            try await crash(2, t)
            _ = try await t.add { $0.priority = 0 }
            _ = try await t.add()
            try t.expect(try await t.take(5).map(\.id), [suspect])
            try t.expect(try await t.record(suspect).crashes, 2)
        },
        ConformanceCase("one crash makes no suspect") { t in
            _ = try await t.add()
            try await crash(1, t)
            _ = try await t.add()
            try t.expect(try await t.take(5, holding: 1).count, 2)
        },
        ConformanceCase("a worker that holds something is passed by, and told that a suspect waits") { t in
            _ = try await t.add { $0.priority = 0 }
            try await crash(2, t)
            let other = try await t.add()
            let reservation = try await t.store.reserve(t.wish(5, holding: 1))
            try t.expect(reservation.jobs.map(\.id), [other])
            try t.expect(reservation.suspectWaiting, true)
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1, types: ["other"])).suspectWaiting, false)
            _ = try await t.store.setPaused(true, queue: "default")
            try t.expect(try await t.store.reserve(t.wish(5, holding: 1)).suspectWaiting, false)
        },
        ConformanceCase("a suspect that is not due yet is no suspect waiting, and says when it is due") { t in
            _ = try await t.add()
            try await crash(2, t)
            try await t.settle(try await t.takeOne(), .threw)
            let reservation = try await t.store.reserve(t.wish(5, holding: 1))
            try t.expect(reservation.suspectWaiting, false)
            try t.expect(reservation.nextDue, .seconds(60))
        },
        ConformanceCase("two crashes and three alone discard a job") { t in
            let id = try await t.add { $0.returnQueue = "web" }
            try await crash(4, t)
            try await t.expect(id, is: .available)
            try await crash(1, t)
            let record = try await t.record(id)
            try t.expect(record.state, .discarded)
            try t.expect(record.crashes, 5)
            try t.expect(record.interruptions, 5)
            try t.expect(record.attempt, 1)
            try t.expect(record.errors.map(\.kind), Array(repeating: .crash, count: 5))
            try t.expect(record.finishedAt, t.now)
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).map(\.state), [.discarded])
            try t.expect(try await t.store.history(since: t.now).map(\.discarded), [1])
        },
        ConformanceCase("a lease that runs out before the start is no crash") { t in
            let id = try await t.add()
            for _ in 0..<6 {
                _ = try await t.takeOne(startNow: 0)
                t.time.advance(by: .seconds(20))
            }
            try t.expect(try await t.store.maintain(limit: 10).rescued, 1)
            let record = try await t.record(id)
            try t.expect(record.state, .available)
            try t.expect(record.crashes, 0)
            try t.expect(record.interruptions, 0)
            try t.expect(record.errors, [])
        },
        ConformanceCase("a retry by hand clears the suspicion") { t in
            let id = try await t.add()
            try await crash(5, t)
            try t.expect(try await t.change(id, .retry), .done(.available))
            try t.expect(try await t.record(id).crashes, 0)
            try t.expect(try await t.take(1, holding: 3).map(\.id), [id])
        },
        ConformanceCase("an expired suspect is discarded, and the others are given out", needsTotalOrder: true) { t in
            let suspect = try await t.add { $0.expires = .after(.seconds(100)) }
            try await crash(2, t)
            t.time.advance(by: .seconds(60))
            let other = try await t.add()
            try t.expect(try await t.take(5).map(\.id), [other])
            try await t.expect(suspect, is: .discarded)
        },
    ]
}
