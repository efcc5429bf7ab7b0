// Reserve: which jobs a worker gets, in which order, and which are passed over.
import OffstageCore

extension StoreConformance {
    static let reserveCases: [ConformanceCase] = [
        ConformanceCase("the order is priority, then run-at, then acceptance", needsTotalOrder: true) { t in
            let late = try await t.add { $0.start = .after(.seconds(2)) }
            let early = try await t.add { $0.start = .after(.seconds(1)) }
            let earlyToo = try await t.add { $0.start = .after(.seconds(1)) }
            let first = try await t.add {
                $0.start = .after(.seconds(3))
                $0.priority = 0
            }
            let last = try await t.add { $0.priority = 9 }
            t.time.advance(by: .seconds(3))
            try t.expect(try await t.take(9).map(\.id), [first, early, earlyToo, late, last])
        },
        ConformanceCase(
            "named queues are exhausted in their order; no names mean one line of all queues", needsTotalOrder: true
        ) { t in
            let b = try await t.add {
                $0.queue = "b"
                $0.priority = 9
            }
            let a = try await t.add { $0.queue = "a" }
            let c = try await t.add {
                $0.queue = "c"
                $0.priority = 0
            }
            try t.expect(try await t.take(9, queues: ["b", "a"]).map(\.id), [b, a])
            try await t.store.retire(Trial.ann)
            try t.expect(try await t.take(9).map(\.id), [c, a, b])
        },
        ConformanceCase("an unknown type is never given out, and blocks nothing behind it") { t in
            let unknown = try await t.add("strange")
            let known = try await t.add("work")
            try t.expect(try await t.take(9).map(\.id), [known])
            try t.expect(try await t.take(9, types: []).count, 0)
            try t.expect(try await t.take(9, types: ["strange"]).map(\.id), [unknown])
        },
        ConformanceCase("a paused queue gives out nothing until it is resumed") { t in
            let id = try await t.add { $0.queue = "a" }
            let other = try await t.add { $0.queue = "b" }
            try t.expect(try await t.store.setPaused(true, queue: "a"), true)
            try t.expect(try await t.store.setPaused(true, queue: "a"), false)
            try t.expect(try await t.take(9).map(\.id), [other])
            try t.expect(try await t.take(9, queues: ["a"]).count, 0)
            try t.expect(try await t.store.setPaused(false, queue: "a"), true)
            try t.expect(try await t.store.setPaused(false, queue: "a"), false)
            try t.expect(try await t.take(9).map(\.id), [id])
        },
        ConformanceCase("a job is given to one worker at a time") { t in
            let ids = [try await t.add(), try await t.add(), try await t.add()]
            let ann = try await t.take(2, worker: Trial.ann)
            let bob = try await t.take(2, worker: Trial.bob)
            try t.expect(t.ordered((ann + bob).map(\.id)), t.ordered(ids))
            try t.expect(try await t.take(2, worker: Trial.bob).count, 0)
        },
        ConformanceCase("a due job is given out without any upkeep, and not a moment before") { t in
            let scheduled = try await t.add { $0.start = .after(.seconds(60)) }
            let failed = try await t.add()
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .microseconds(59_999_999))
            try t.expect(try await t.take(9).count, 0)
            t.time.advance(by: .microseconds(1))
            try t.expect(t.ordered(try await t.take(9).map(\.id)), t.ordered([scheduled, failed]))
        },
        ConformanceCase("what is given carries what the handler needs") { t in
            let job = t.job {
                $0.queue = "q"
                $0.priority = 2
                $0.maxAttempts = 3
                $0.timeout = .seconds(4)
                $0.expires = .after(.seconds(50))
                $0.tags = ["x"]
                $0.metadata = ["k": "v"]
                $0.parent = JobID(high: 3, low: 4)
            }
            _ = try await t.enqueue(job)
            let accepted = t.now
            t.time.advance(by: .seconds(1))
            let taken = try await t.takeOne()
            try t.expect(taken.id, job.id)
            try t.expect(taken.type, "work")
            try t.expect(taken.queue, "q")
            try t.expect(taken.arguments, job.arguments)
            try t.expect(taken.priority, 2)
            try t.expect(taken.maxAttempts, 3)
            try t.expect(taken.timeoutMicroseconds, 4_000_000)
            try t.expect(taken.enqueuedAt, accepted)
            try t.expect(taken.runAt, accepted)
            try t.expect(taken.expiresAt, accepted + .seconds(50))
            try t.expect(taken.tags, ["x"])
            try t.expect(taken.metadata, ["k": "v"])
            try t.expect(taken.parent, JobID(high: 3, low: 4))
            try t.expect(taken.checkpoint, nil)
        },
        ConformanceCase("the token names the attempt, the worker and its own count") { t in
            for _ in 0..<3 { _ = try await t.add() }
            var wish = t.wish(3, worker: Trial.bob)
            wish.firstCounter = 40
            let tokens = try await t.store.reserve(wish).jobs.map(\.token)
            try t.expect(tokens.map(\.counter), [40, 41, 42])
            try t.expect(tokens.allSatisfy { $0.worker == Trial.bob && $0.attempt == 1 }, "worker and attempt")
        },
        ConformanceCase("the first jobs are started, the rest are prefetched and show their old attempt") { t in
            for _ in 0..<2 { _ = try await t.add() }
            t.time.advance(by: .seconds(1))
            let jobs = try await t.take(2, startNow: 1)
            let started = try await t.record(jobs[0].id)
            let prefetched = try await t.record(jobs[1].id)
            for record in [started, prefetched] {
                try t.expect(record.state, .running)
                try t.expect(record.worker, Trial.ann)
                try t.expect(record.leaseUntil, t.now + .seconds(20))
            }
            try t.expect(started.isStarted, true)
            try t.expect(started.attempt, 1)
            try t.expect(started.attemptedAt, t.now)
            try t.expect(prefetched.isStarted, false)
            try t.expect(prefetched.attempt, 0)
            try t.expect(prefetched.attemptedAt, nil)
        },
        ConformanceCase(
            "a job met after its expiry is discarded, not given out, and not counted in the limit",
            needsTotalOrder: true
        ) { t in
            let expiring = try await t.add { $0.expires = .after(.seconds(5)) }
            let good = try await t.add()
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.take(1).map(\.id), [good])
            let record = try await t.record(expiring)
            try t.expect(record.state, .discarded)
            try t.expect(record.errors.map(\.kind), [.expired])
            try t.expect(record.finishedAt, t.now)
        },
        ConformanceCase("an expiry stops later attempts too") { t in
            let id = try await t.add { $0.expires = .after(.seconds(30)) }
            try await t.settle(try await t.takeOne(), .threw)
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.take().count, 0)
            try t.expect(try await t.record(id).errors.map(\.kind), [.failed, .expired])
        },
        ConformanceCase("with nothing to give it says how long until the next job of the selection is due") { t in
            try t.expect(try await t.store.reserve(t.wish()).nextDue, nil)
            _ = try await t.add { $0.start = .after(.seconds(30)) }
            _ = try await t.add { $0.start = .after(.seconds(20)) }
            _ = try await t.add("strange") { $0.start = .after(.seconds(1)) }
            _ = try await t.add {
                $0.start = .after(.seconds(2))
                $0.queue = "paused"
            }
            _ = try await t.store.setPaused(true, queue: "paused")
            t.time.advance(by: .seconds(3))
            try t.expect(try await t.store.reserve(t.wish()).nextDue, .seconds(17))
            try t.expect(try await t.store.reserve(t.wish(queues: ["empty"])).nextDue, nil)
        },
    ]
}
