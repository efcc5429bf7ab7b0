// Jobs during which processes died: counted when the lease of a started job expires, isolated from the second crash on,
// and discarded when they have crashed alone three times.
import OffstageCore

extension StoreConformance {
    /// Lets the lease of the next job expire after its start, this many times.
    private static func crash(_ times: Int, _ t: Trial) async throws {
        for _ in 0..<times {
            _ = try await t.takeOne()
            try await t.pass(.seconds(20))
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
            let record = try await t.record(suspect)
            try t.expect(record.crashes, 2)
            try t.expect(record.suspectedAt, 2)
        },
        ConformanceCase("one lease that ran out makes no suspect") { t in
            let id = try await t.add()
            try await crash(1, t)
            try t.expect(try await t.record(id).isSuspect, false)
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
                try await t.pass(.seconds(20))
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
            let record = try await t.record(id)
            try t.expect(record.crashes, 0)
            try t.expect(record.isSuspect, false)
            let job = try await t.take(1, holding: 3)
            try t.expect(job.map(\.id), [id])
            try t.expect(job.map(\.isSuspect), [false])
        },
        ConformanceCase("an expired suspect is discarded, and the others are given out", needsTotalOrder: true) { t in
            let suspect = try await t.add { $0.expires = .after(.seconds(100)) }
            try await crash(2, t)
            t.time.advance(by: .seconds(60))
            let other = try await t.add()
            try t.expect(try await t.take(5).map(\.id), [other])
            try await t.expect(suspect, is: .discarded)
        },
        ConformanceCase("so many crashes alone as the store is told discard a job") { options in
            options.crashesAlone = 1
        } body: { t in
            let id = try await t.add()
            try await crash(2, t)
            try await t.expect(id, is: .available)
            try await crash(1, t)
            try await t.expect(id, is: .discarded)
        },
        ConformanceCase("who wants no suspects is given the others, and told that one waits") { t in
            let suspect = try await t.add { $0.priority = 0 }
            try await crash(2, t)
            let others = [try await t.add(), try await t.add()]
            let reservation = try await t.store.reserve(t.wish(5, suspects: .never))
            try t.expect(t.ordered(reservation.jobs.map(\.id)), others)
            try t.expect(reservation.jobs.map(\.isSuspect), [false, false])
            try t.expect(reservation.suspectWaiting, true)
            let empty = try await t.store.reserve(t.wish(5, suspects: .never))
            try t.expect(empty.jobs.count, 0)
            try t.expect(empty.suspectWaiting, true)
            try t.expect(try await t.store.reserve(t.wish(5, types: ["other"], suspects: .never)).suspectWaiting, false)
            try await t.expect(suspect, is: .available)
        },
        ConformanceCase("who wants no suspects is told when one will be due") { t in
            _ = try await t.add()
            try await crash(2, t)
            try await t.settle(try await t.takeOne(), .threw)
            let reservation = try await t.store.reserve(t.wish(5, suspects: .never))
            try t.expect(reservation.suspectWaiting, false)
            try t.expect(reservation.nextDue, .seconds(60))
        },
        ConformanceCase("who wants only suspects is given one at a time, and nothing else") { t in
            let suspect = try await t.add()
            try await crash(2, t)
            let other = try await t.add { $0.priority = 0 }
            let busy = try await t.store.reserve(t.wish(5, holding: 1, suspects: .only))
            try t.expect(busy.jobs.count, 0)
            try t.expect(busy.suspectWaiting, true)
            let reservation = try await t.store.reserve(t.wish(5, suspects: .only))
            try t.expect(reservation.jobs.map(\.id), [suspect])
            try t.expect(reservation.jobs.map(\.isSuspect), [true])
            try t.expect(reservation.suspectWaiting, false)
            let empty = try await t.store.reserve(t.wish(5, suspects: .only))
            try t.expect(empty.jobs.count, 0)
            try t.expect(empty.nextDue, nil)
            try await t.expect(other, is: .available)
        },
        ConformanceCase("who wants only suspects is told when the next of them is due") { t in
            _ = try await t.add()
            try await crash(2, t)
            try await t.settle(try await t.takeOne(), .threw)
            _ = try await t.add { $0.start = .after(.seconds(7)) }
            try t.expect(try await t.store.reserve(t.wish(5, suspects: .only)).nextDue, .seconds(60))
        },
    ]
}
