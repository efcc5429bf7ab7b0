// The clock is set back: what has become available stays available, whatever the clock shows. What waits for its time
// keeps waiting for it.
import OffstageCore

extension StoreConformance {
    static let clockCases: [ConformanceCase] = [
        ConformanceCase("a job that is available stays so when the clock is set back") { t in
            let plain = try await t.add()
            let marked = try await t.add { $0.tags = ["marked"] }
            t.time.step(by: .seconds(-120))
            try t.expect(try await t.store.reserve(t.wish(types: ["strange"])).nextDue, nil)
            let standing = try await t.store.standing(of: marked)
            try t.expect(standing?.record.isDue(at: t.now) ?? false, "it is due")
            try t.expect(try await t.store.counts().oldestDue["default"], t.now)
            try t.expect(t.ordered(try await t.take(9).map(\.id)), t.ordered([plain, marked]))
        },
        ConformanceCase("a job that was handed back is given out again after the clock was set back") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .interrupted)
            t.time.step(by: .seconds(-120))
            try t.expect(try await t.take(9).map(\.id), [id])
            t.time.step(by: .seconds(-120))
            try await t.store.retire(Trial.ann)
            try t.expect(try await t.take(9).map(\.id), [id])
        },
        ConformanceCase("a retry that upkeep called available stays so when the clock is set back") { t in
            let id = try await t.add()
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .seconds(61))
            _ = try await t.store.maintain(limit: 100)
            try await t.expect(id, is: .available)
            t.time.step(by: .seconds(-120))
            try t.expect(try await t.take(9).map(\.id), [id])
        },
        ConformanceCase("a scheduled job waits for its time even if that was over before the clock was set back") { t in
            let id = try await t.add { $0.start = .after(.seconds(60)) }
            let retried = try await t.add()
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .seconds(61))
            t.time.step(by: .seconds(-31))
            try t.expect(try await t.take(9).count, 0)
            try t.expect(try await t.store.reserve(t.wish()).nextDue, .seconds(30))
            let standing = try await t.store.standing(of: id)
            try t.expect(standing.map { $0.record.isDue(at: t.now) }, false)
            try t.expect(try await t.store.counts().oldestDue["default"], nil)
            t.time.advance(by: .seconds(30))
            try t.expect(try await t.take(9).map(\.id).sorted(), [id, retried].sorted())
        },
        ConformanceCase(
            "after the clock was set back the order is still priority, then run-at, then acceptance",
            needsTotalOrder: true
        ) { t in
            let late = try await t.add()
            let high = try await t.add { $0.priority = 0 }
            let lateToo = try await t.add("other")
            t.time.step(by: .seconds(-120))
            let early = try await t.add()
            let scheduled = try await t.add { $0.start = .after(.seconds(30)) }
            let other = try await t.add { $0.queue = "other" }
            t.time.advance(by: .seconds(30))
            let last = try await t.store.standing(of: lateToo)
            try t.expect(last?.ahead, 4)
            let order = [high, early, other, scheduled, late, lateToo]
            try t.expect(try await t.take(9).map(\.id), order)
            try await t.store.retire(Trial.ann)
            let named = try await t.take(9, queues: ["other", "default"]).map(\.id)
            try t.expect(named, [other] + order.filter { $0 != other })
        },
        ConformanceCase("a suspect that is available stays so when the clock is set back") { t in
            let id = try await t.add()
            _ = try await t.died([try await t.takeOne()])
            t.time.step(by: .seconds(-120))
            try t.expect(try await t.store.reserve(t.wish(holding: 1)).suspectWaiting, true)
            try t.expect(try await t.take(9).map(\.id), [id])
        },
        ConformanceCase("a queue that is resumed after the clock was set back gives out what was available") { t in
            let id = try await t.add()
            _ = try await t.store.setPaused(true, queue: "default")
            t.time.step(by: .seconds(-120))
            try t.expect(try await t.take(9).count, 0)
            try t.expect(try await t.store.reserve(t.wish()).nextDue, nil)
            _ = try await t.store.setPaused(false, queue: "default")
            try t.expect(try await t.take(9).map(\.id), [id])
        },
    ]
}
