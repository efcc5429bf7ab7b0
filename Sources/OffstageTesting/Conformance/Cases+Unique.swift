// Unique keys: what each of the three conflict rules does, whatever state the holder is in, and the one held successor.
import OffstageCore

extension StoreConformance {
    private static func rule(_ conflict: UniqueRule.Conflict) -> UniqueRule {
        UniqueRule(key: "k", onConflict: conflict)
    }

    /// Stores the only job and brings it into a state: scheduled, available, running or retryable.
    private static func holder(in state: JobState, _ t: Trial) async throws -> JobID {
        let id = try await t.add {
            $0.unique = rule(.existing)
            $0.start = state == .scheduled ? .after(.seconds(100)) : .now
        }
        if state == .running || state == .retryable {
            let taken = try await t.takeOne()
            if state == .retryable { try await t.settle(taken, .threw) }
        }
        try await t.expect(id, is: state)
        return id
    }

    private static let waiting: [JobState] = [.scheduled, .available, .retryable]

    static let uniqueCases: [ConformanceCase] =
        (waiting + [.running]).map { state in
            ConformanceCase("existing: a holder that is \(state.name) is answered, and nothing is stored") { t in
                let holder = try await holder(in: state, t)
                let before = try await t.record(holder)
                let second = t.job { $0.unique = rule(.existing) }
                try t.expect(try await t.enqueue(second), .duplicate(of: holder, state))
                try t.expect(try await t.store.find([second.id]), [nil])
                try t.expect(try await t.record(holder), before, "holder")
            }
        }
        + [JobState.scheduled, .available].flatMap { state in
            [UniqueRule.Conflict.replace, .again].map { conflict in
                ConformanceCase("\(conflict): a holder that is \(state.name) gets the new arguments and time") { t in
                    let holder = try await holder(in: state, t)
                    let ahead = t.job {
                        $0.unique = rule(conflict)
                        $0.start = .after(.seconds(30))
                        $0.priority = 0
                    }
                    try t.expect(try await t.enqueue(ahead), .replaced(holder, .scheduled))
                    var record = try await t.record(holder)
                    try t.expect(record.arguments, ahead.arguments)
                    try t.expect(record.runAt, t.now + .seconds(30))
                    try t.expect(record.state, .scheduled)
                    try t.expect(record.priority, 4, "priority")
                    try t.expect(try await t.store.find([ahead.id]), [nil])
                    let atOnce = t.job { $0.unique = rule(conflict) }
                    try t.expect(try await t.enqueue(atOnce), .replaced(holder, .available))
                    record = try await t.record(holder)
                    try t.expect(record.state, .available)
                    try t.expect(record.runAt, t.now)
                    try t.expect(try await t.takeOne().arguments, atOnce.arguments)
                }
            }
        } + conflictCases

    private static let conflictCases: [ConformanceCase] = [
        ConformanceCase("replace: a running holder is left alone and reported") { t in
            let holder = try await holder(in: .running, t)
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .duplicate(of: holder, .running))
        },
        ConformanceCase("a replaced job answers a repeated enqueue by its own content") { t in
            let first = t.job { $0.unique = rule(.replace) }
            _ = try await t.enqueue(first)
            _ = try await t.enqueue(t.job { $0.unique = rule(.replace) })
            try t.expect(try await t.enqueue(first), .repeated(.available))
        },
        ConformanceCase("again: one successor is held behind a running holder, and later callers replace it") { t in
            let holder = try await holder(in: .running, t)
            let second = t.job { $0.unique = rule(.again) }
            try t.expect(try await t.enqueue(second), .stored(.held))
            try t.expect(try await t.store.standing(of: second.id)?.predecessor, holder)
            let third = t.job {
                $0.unique = rule(.again)
                $0.start = .after(.seconds(9))
            }
            try t.expect(try await t.enqueue(third), .replaced(second.id, .held))
            let record = try await t.record(second.id)
            try t.expect(record.arguments, third.arguments)
            try t.expect(record.runAt, t.now + .seconds(9))
            try t.expect(try await t.take().count, 0, "jobs given out while the successor is held")
            try t.expect(try await t.enqueue(second), .repeated(.held))
        },
        ConformanceCase("a successor is freed, and acquires the key, in the transaction that ends its predecessor") {
            t in
            let id = try await t.add { $0.unique = rule(.again) }
            let running = try await t.takeOne()
            let second = t.job { $0.unique = rule(.again) }
            _ = try await t.enqueue(second)
            t.time.advance(by: .seconds(1))
            let reply = try await t.store.settle([t.end(running, .done)], reserving: t.wish())
            try t.expect(reply.reservation?.jobs.map(\.id), [second.id])
            try await t.expect(id, is: .completed)
            try t.expect(try await t.record(second.id).runAt, t.now)
            try t.expect(
                try await t.enqueue(t.job { $0.unique = rule(.existing) }), .duplicate(of: second.id, .running))
        },
        ConformanceCase("a successor with a time ahead is scheduled when it is freed") { t in
            _ = try await holder(in: .available, t)
            let running = try await t.takeOne()
            let second = t.job {
                $0.unique = rule(.again)
                $0.start = .after(.seconds(9))
            }
            _ = try await t.enqueue(second)
            try await t.settle(running, .done)
            try await t.expect(second.id, is: .scheduled)
            try t.expect(try await t.record(second.id).runAt, t.now + .seconds(9))
        },
        ConformanceCase("a predecessor that comes back keeps its key and its successor") { t in
            _ = try await holder(in: .available, t)
            var running = try await t.takeOne()
            let second = t.job { $0.unique = rule(.again) }
            _ = try await t.enqueue(second)
            for outcome in [Outcome.interrupted, .snoozed(.now), .threw] {
                try await t.settle(running, outcome)
                try await t.expect(second.id, is: .held)
                t.time.advance(by: .seconds(60))
                running = try await t.takeOne()
                try t.expect(running.id != second.id, "the predecessor itself is given out")
            }
            try await t.pass(.seconds(20))
            running = try await t.takeOne()
            try await t.expect(second.id, is: .held)
            try await t.settle(running, .discarded(Failure(.discard, "no")))
            try await t.expect(second.id, is: .available)
        },
        ConformanceCase("a predecessor that waits again and is cancelled or removed frees its successor") { t in
            for action in [ChangeAction.cancel, .remove] {
                let first = try await t.add { $0.unique = rule(.again) }
                let running = try await t.takeOne()
                let second = t.job { $0.unique = rule(.again) }
                _ = try await t.enqueue(second)
                try await t.settle(running, .interrupted)
                try await t.change(first, action)
                try await t.expect(second.id, is: .available)
                try t.expect(try await t.takeOne().id, second.id)
                try await t.change(second.id, .cancel)
                _ = try await t.store.retire(Trial.ann)
            }
        },
        ConformanceCase("a successor that is cancelled, removed or expires makes room for another") { t in
            _ = try await holder(in: .running, t)
            let cancelled = try await t.add { $0.unique = rule(.again) }
            try t.expect(try await t.change(cancelled, .cancel), .done(.cancelled))
            let removed = try await t.add { $0.unique = rule(.again) }
            try t.expect(try await t.change(removed, .remove), .removed)
            let expired = try await t.add {
                $0.unique = rule(.again)
                $0.expires = .after(.seconds(5))
            }
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.store.maintain(limit: 10).expired, 1)
            try await t.expect(expired, is: .discarded)
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.again) }), .stored(.held))
        },
        ConformanceCase("a key is unique among jobs of its own type only") { t in
            _ = try await t.add("work") { $0.unique = rule(.existing) }
            try t.expect(try await t.enqueue(t.job("other") { $0.unique = rule(.existing) }), .stored(.available))
        },
        ConformanceCase("jobs of one batch meet each other's keys") { t in
            let jobs = (0..<3).map { _ in t.job { $0.unique = rule(.existing) } }
            try t.expect(
                try await t.store.enqueue(jobs),
                [.stored(.available), .duplicate(of: jobs[0].id, .available), .duplicate(of: jobs[0].id, .available)])
        },
    ]
}
