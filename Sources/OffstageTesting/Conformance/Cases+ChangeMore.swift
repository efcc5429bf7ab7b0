// Manual changes, continued: many ids, removal, times, and filters in chunks with a dry run.
import OffstageCore

extension StoreConformance {
    static let changeMoreCases: [ConformanceCase] = [
        ConformanceCase("many ids are answered one by one, in order") { t in
            let waiting = try await t.add { $0.start = .after(.seconds(9)) }
            let running = try await job(in: .running, t)
            let nobody = JobID(high: 1, low: 1)
            let answers = try await t.store.change(ChangeRequest(.remove, .ids([nobody, running, waiting, waiting])))
                .answers
            try t.expect(answers.count, 4)
            try t.expect(answers[0], .notFound)
            try t.refused(answers[1])
            try t.expect(answers[2], .removed)
            try t.expect(answers[3], .notFound)
        },
        ConformanceCase(
            "removing a job before its end announces that; after its end it does not", needsTotalOrder: true
        ) { t in
            let waiting = try await t.add { $0.returnQueue = "web" }
            try await t.change(waiting, .remove)
            let ended = try await t.add { $0.returnQueue = "web" }
            try await t.complete()
            try await t.change(ended, .remove)
            let news = try await t.store.takeReturns(from: "web", limit: 9, lease: .seconds(1))
            try t.expect(news.map(\.job), [waiting, ended])
            try t.expect(news.map(\.state), [nil, .completed])
            try t.expect(news.map(\.at), [t.now, t.now])
        },
        ConformanceCase("a waiting job gets another time; one that has passed is now") { t in
            let id = try await t.add()
            try t.expect(try await t.change(id, .reschedule(.after(.seconds(30)))), .done(.scheduled))
            try t.expect(try await t.record(id).runAt, t.now + .seconds(30))
            try t.expect(try await t.take().count, 0)
            try t.expect(try await t.change(id, .reschedule(.at(t.now - .seconds(5)))), .done(.available))
            try t.expect(try await t.record(id).runAt, t.now)
            try t.expect(try await t.takeOne().id, id)
            let failed = try await t.add()
            try await t.settle(try await t.takeOne(), .threw)
            try t.expect(try await t.change(failed, .reschedule(.now)), .done(.available))
        },
        ConformanceCase("a filter changes what fits and counts what it cannot change") { t in
            let running = try await t.add { $0.tags = ["red"] }
            _ = try await t.takeOne()
            let red = try await t.add { $0.tags = ["red"] }
            let blue = try await t.add { $0.tags = ["blue"] }
            let filter = JobFilter(tag: "red")
            for dryRun in [true, false] {
                let reply = try await t.changeAll(filter, .remove, dryRun: dryRun)
                try t.expect(reply.changed, 1)
                try t.expect(reply.refused, 1)
                try t.expect(reply.answers, [])
                try t.expect(reply.next, nil)
            }
            try t.expect(try await t.store.find([red, running, blue]).map { $0 != nil }, [false, true, true])
        },
        ConformanceCase("a filter by state, queue and type together") { t in
            let wanted = try await t.add("work") { $0.queue = "a" }
            let other = try await t.add("other") { $0.queue = "a" }
            let elsewhere = try await t.add("work") { $0.queue = "b" }
            let scheduled = try await t.add("work") {
                $0.queue = "a"
                $0.start = .after(.seconds(9))
            }
            let filter = JobFilter(state: .available, queue: "a", type: "work")
            let reply = try await t.changeAll(filter, .cancel)
            try t.expect(reply.changed, 1)
            try await t.expect(wanted, is: .cancelled)
            for id in [other, elsewhere] { try await t.expect(id, is: .available) }
            try await t.expect(scheduled, is: .scheduled)
        },
        ConformanceCase(
            "a filter goes in chunks of a thousand, each from where the last one ended", needsTotalOrder: true
        ) { t in
            for _ in 0..<2 { _ = try await t.store.enqueue((0..<1000).map { _ in t.job() }) }
            _ = try await t.store.enqueue((0..<10).map { _ in t.job() })
            var cursor: String?
            var chunks: [Int] = []
            repeat {
                let reply = try await t.store.change(
                    ChangeRequest(.cancel, .filter(JobFilter(state: .available), after: cursor)))
                chunks.append(reply.changed)
                cursor = reply.next
            } while cursor != nil && chunks.count < 9
            try t.expect(chunks.filter { $0 > 0 }, [1000, 1000, 10])
            try t.expect(try await t.store.counts().total(.cancelled), 2010)
        },
        ConformanceCase("a filter retries the dead set, and unique jobs one at a time") { t in
            for _ in 0..<3 {
                _ = try await t.add { $0.unique = UniqueRule(key: "k") }
                try await t.settle(try await t.takeOne(), .discarded(Failure(.discard, "no")))
            }
            _ = try await job(in: .discarded, t)
            let reply = try await t.changeAll(JobFilter(state: .discarded), .retry)
            try t.expect(reply.changed, 2)
            try t.expect(reply.refused, 2)
            try t.expect(try await t.store.counts().total(.available), 2)
        },
        ConformanceCase("a filter asks running jobs to cancel") { t in
            let id = try await job(in: .running, t)
            let reply = try await t.changeAll(JobFilter(), .cancel)
            try t.expect(reply.changed, 1)
            try t.expect(try await t.record(id).cancelRequestedAt, t.now)
        },
    ]
}
