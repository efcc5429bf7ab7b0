// Return queues: what is announced, which reader gets it, and that no announcement is removed before it is
// acknowledged.
import OffstageCore

extension StoreConformance {
    /// Completes `count` jobs that announce their ends, and returns their ids.
    private static func announce(_ count: Int, _ t: Trial) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<count {
            ids.append(try await t.add { $0.returnQueue = "web" })
            try await t.complete()
        }
        return ids
    }

    static let returnCases: [ConformanceCase] = [
        ConformanceCase("an announcement says what ended, how, when, and with what") { t in
            let id = try await t.add("other") {
                $0.returnQueue = "web"
                $0.metadata = ["user": "7"]
            }
            let job = try await t.takeOne()
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).count, 0)
            t.time.advance(by: .seconds(1))
            try await t.settle(job, .returned(result: [52, 50], truncated: false))
            let news = try await t.store.takeReturns(from: "web", limit: 9, lease: .seconds(30))
            try t.expect(news.count, 1)
            try t.expect(news[0].job, id)
            try t.expect(news[0].type, "other")
            try t.expect(news[0].state, .completed)
            try t.expect(news[0].at, t.now)
            try t.expect(news[0].result, [52, 50])
            try t.expect(news[0].error, nil)
            try t.expect(news[0].metadata, ["user": "7"])
            try t.expect(news[0].deliveries, 1)
            try t.expect(news[0].receipt.queue, "web")
        },
        ConformanceCase("a failure's announcement carries the last error") { t in
            _ = try await t.add {
                $0.returnQueue = "web"
                $0.maxAttempts = 2
            }
            try await t.settle(try await t.takeOne(), .retryAt(.now, Failure(.failed, "first")))
            try await t.settle(try await t.takeOne(), .failed(Failure(.failed, "last")))
            let news = try await t.store.peekReturns(in: "web", limit: 9)
            try t.expect(news.map(\.state), [.discarded])
            try t.expect(news.map(\.error), ["last"])
        },
        ConformanceCase("a job without a return queue announces nothing, and queues are apart") { t in
            _ = try await t.add()
            try await t.complete()
            let id = try await t.add { $0.returnQueue = "b" }
            try await t.complete()
            try t.expect(try await t.store.takeReturns(from: "a", limit: 9, lease: .seconds(1)).count, 0)
            try t.expect(try await t.store.takeReturns(from: "b", limit: 9, lease: .seconds(1)).map(\.job), [id])
        },
        ConformanceCase("announcements come oldest first, each to one reader", needsTotalOrder: true) { t in
            let ids = try await announce(3, t)
            let first = try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30))
            let second = try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30))
            try t.expect(first.map(\.job), [ids[0], ids[1]])
            try t.expect(second.map(\.job), [ids[2]])
            try t.expect(try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30)).count, 0)
        },
        ConformanceCase("what is not acknowledged comes again, and the old receipt is void", needsTotalOrder: true) {
            t in
            let ids = try await announce(2, t)
            let first = try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30))
            t.time.step(by: .seconds(3600))
            try t.expect(
                try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30)).count, 0, "after a step")
            t.time.advance(by: .seconds(30))
            let again = try await t.store.takeReturns(from: "web", limit: 1, lease: .seconds(30))
            try t.expect(again.map(\.job), [ids[0]])
            try t.expect(again.map(\.deliveries), [2])
            try t.expect(try await t.store.acknowledgeReturns([first[0].receipt]), 0)
            try t.expect(try await t.store.acknowledgeReturns([first[1].receipt]), 1, "over, but not taken again")
            try t.expect(try await t.store.acknowledgeReturns([again[0].receipt]), 1)
            try t.expect(try await t.store.counts().returns, [:])
        },
        ConformanceCase("an acknowledgement counts once") { t in
            _ = try await announce(3, t)
            let receipts = try await t.store.takeReturns(from: "web", limit: 2, lease: .seconds(30)).map(\.receipt)
            try t.expect(try await t.store.acknowledgeReturns(receipts + receipts), 2)
            try t.expect(try await t.store.acknowledgeReturns(receipts), 0)
            try t.expect(try await t.store.acknowledgeReturns([]), 0)
            try t.expect(try await t.store.counts().returns, ["web": 1])
        },
        ConformanceCase("peeking takes nothing, and its receipts acknowledge nothing that was not taken") { t in
            let ids = try await announce(2, t)
            let seen = try await t.store.peekReturns(in: "web", limit: 9)
            try t.expect(t.ordered(seen.map(\.job)), t.ordered(ids))
            try t.expect(seen.map(\.deliveries), [0, 0])
            try t.expect(try await t.store.acknowledgeReturns(seen.map(\.receipt)), 0)
            try t.expect(try await t.store.peekReturns(in: "web", limit: 1).map(\.job), [seen[0].job])
            let taken = try await t.store.takeReturns(from: "web", limit: 9, lease: .seconds(30))
            try t.expect(t.ordered(taken.map(\.job)), t.ordered(seen.map(\.job)))
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).count, 2, "taken ones are shown")
            try t.expect(try await t.store.peekReturns(in: "nothing", limit: 9).count, 0)
        },
        ConformanceCase("an announcement outlives its job's record") { t in
            let ids = try await announce(1, t)
            try await t.change(ids[0], .remove)
            let news = try await t.store.takeReturns(from: "web", limit: 9, lease: .seconds(1))
            try t.expect(news.map(\.job), ids)
            try t.expect(news.map(\.state), [.completed])
        },
    ]
}
