// What the monitor asks: counts, what a job waits for, what the store reports about itself.
import OffstageCore

extension StoreConformance {
    static let lookCases: [ConformanceCase] = [
        ConformanceCase("find answers in order, with nil where there is nothing") { t in
            let id = try await t.add()
            let nobody = JobID(high: 1, low: 1)
            try t.expect(try await t.store.find([nobody, id, nobody, id]).map { $0?.id }, [nil, id, nil, id])
        },
        ConformanceCase("counts follow every state, by queue and type") { t in
            // The job that stays available comes last, so that the others are not reserved instead of it.
            let states: [JobState] = [.running, .retryable, .completed, .discarded, .cancelled, .scheduled, .available]
            for state in states { _ = try await job(in: state, t) { $0.queue = "q" } }
            _ = try await job(in: .held, t)
            let counts = try await t.store.counts()
            try t.expect(counts.lanes.map(\.queue), ["default", "q"])
            try t.expect(counts.lanes.map(\.type), ["other", "work"])
            try t.expect(counts.lanes.map(\.byState), [[1, 0, 0, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1, 1, 1]])
            try t.expect(counts.at, t.now)
        },
        ConformanceCase("lanes are ordered by queue, then type, and those without jobs are not shown") { t in
            for (queue, type) in [("b", "work"), ("a", "work"), ("a", "other"), ("c", "work")] {
                _ = try await t.add(type) { $0.queue = queue }
            }
            try await t.changeAll(JobFilter(queue: "c"), .remove)
            let lanes = try await t.store.counts().lanes
            try t.expect(lanes.map(\.queue), ["a", "a", "b"])
            try t.expect(lanes.map(\.type), ["other", "work", "work"])
        },
        ConformanceCase("the oldest due job of each queue, paused or not", needsTotalOrder: true) { t in
            _ = try await t.add { $0.queue = "a" }
            let first = t.now
            t.time.advance(by: .seconds(5))
            _ = try await t.add { $0.queue = "a" }
            _ = try await t.add { $0.queue = "b" }
            _ = try await t.add {
                $0.queue = "c"
                $0.start = .after(.seconds(9))
            }
            _ = try await t.store.setPaused(true, queue: "b")
            let counts = try await t.store.counts()
            try t.expect(counts.oldestDue, ["a": first, "b": t.now])
            try t.expect(counts.paused, ["b"])
            _ = try await t.take(1, queues: ["a"])
            try t.expect(try await t.store.counts().oldestDue["a"], t.now)
        },
        ConformanceCase("paused queues are listed in order, jobs or not") { t in
            for queue in ["b", "a", "c"] { _ = try await t.store.setPaused(true, queue: queue) }
            _ = try await t.store.setPaused(false, queue: "c")
            try t.expect(try await t.store.counts().paused, ["a", "b"])
        },
        ConformanceCase(
            "standing: how many due jobs of the queue come first, whatever their type", needsTotalOrder: true
        ) { t in
            _ = try await t.add("strange")
            _ = try await t.add { $0.priority = 0 }
            _ = try await t.add { $0.priority = 9 }
            _ = try await t.add {
                $0.priority = 0
                $0.start = .after(.seconds(9))
            }
            _ = try await t.add { $0.queue = "elsewhere" }
            let id = try await t.add()
            _ = try await t.add()
            var standing = try await t.store.standing(of: id)
            try t.expect(standing?.ahead, 2)
            try t.expect(standing?.record, try await t.record(id))
            try t.expect(standing?.isPaused, false)
            try t.expect(standing?.at, t.now)
            _ = try await t.store.setPaused(true, queue: "default")
            standing = try await t.store.standing(of: id)
            try t.expect(standing?.isPaused, true)
            try t.expect(standing?.ahead, 2)
            t.time.advance(by: .seconds(9))
            try t.expect(try await t.store.standing(of: id)?.ahead, 3)
        },
        ConformanceCase(
            "standing: nothing is ahead of a job that is not due or does not wait, and no job has no standing"
        ) { t in
            _ = try await t.add { $0.priority = 0 }
            _ = try await t.add { $0.priority = 0 }
            let scheduled = try await t.add { $0.start = .after(.seconds(9)) }
            let running = try await t.take(1)[0].id
            try t.expect(try await t.store.standing(of: scheduled)?.ahead, 0)
            try t.expect(try await t.store.standing(of: running)?.ahead, 0)
            try t.expect(try await t.store.standing(of: JobID(high: 1, low: 1)), nil)
        },
        ConformanceCase("standing: counting who is ahead stops at a thousand", needsTotalOrder: true) { t in
            for _ in 0..<2 { _ = try await t.store.enqueue((0..<600).map { _ in t.job() }) }
            let id = try await t.add()
            try t.expect(try await t.store.standing(of: id)?.ahead, 1000)
        },
        ConformanceCase("the store's clock is the one it was given") { t in
            try t.expect(try await t.store.now(), t.now)
            t.time.step(by: .seconds(-5))
            try t.expect(try await t.store.now(), t.now)
            let id = try await t.add()
            try t.expect(try await t.record(id).enqueuedAt, t.now)
        },
        ConformanceCase("a wall clock that steps back delays what is scheduled and loses nothing") { t in
            let id = try await t.add { $0.start = .after(.seconds(10)) }
            t.time.advance(by: .seconds(10))
            t.time.step(by: .seconds(-5))
            try t.expect(try await t.take().count, 0)
            t.time.step(by: .seconds(5))
            try t.expect(try await t.takeOne().id, id)
        },
        ConformanceCase("the traits say what it is and how long a lease lasts") { t in
            try t.expect(t.store.traits.lease, .seconds(20))
            try t.expect(!t.store.traits.kind.isEmpty && !t.store.traits.location.isEmpty, "kind and location are told")
            try t.expect(try await t.store.examine().allSatisfy { $0.level < .error }, "a fresh store has no errors")
        },
        ConformanceCase("the lease time can be set") {
            $0.lease = .seconds(3)
        } body: { t in
            _ = try await t.add()
            let job = try await t.takeOne()
            try t.expect(try await t.record(job.id).leaseUntil, t.now + .seconds(3))
            try await t.pass(.seconds(3))
            try t.expect(try await t.store.maintain(limit: 9).rescued, 1)
        },
        ConformanceCase("a closed store says so") { t in
            await t.store.close()
            do {
                _ = try await t.store.enqueue([t.job()])
                throw ConformanceFailure("a closed store took a job", line: #line)
            } catch StoreError.closed {}
            await t.store.close()
        },
    ]
}
