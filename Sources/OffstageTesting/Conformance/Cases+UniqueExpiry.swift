// An expired job holds no key, whether or not upkeep has run: an operation that meets it at its key ends it first.
import OffstageCore

extension StoreConformance {
    private static func rule(_ conflict: UniqueRule.Conflict) -> UniqueRule {
        UniqueRule(key: "k", onConflict: conflict)
    }

    /// Makes an expired holder of the key that waits in a state, and returns its id.
    private static func expired(_ t: Trial, in state: JobState) async throws -> JobID {
        let id = try await t.add {
            $0.unique = rule(.existing)
            $0.returnQueue = "web"
            $0.expires = .after(.seconds(5))
            $0.start = state == .scheduled ? .after(.seconds(100)) : .now
        }
        if state == .retryable { try await t.settle(try await t.takeOne(), .threw) }
        t.time.advance(by: .seconds(5))
        try await t.expect(id, is: state)
        return id
    }

    /// Stores a holder that a worker has handed back and whose expiry has then passed, and a successor held behind it.
    private static func heldBehindExpired(
        _ t: Trial, _ edit: (inout NewJob) -> Void = { _ in }
    ) async throws -> (holder: JobID, successor: JobID) {
        let holder = try await t.add {
            $0.unique = rule(.existing)
            $0.expires = .after(.seconds(5))
        }
        let running = try await t.takeOne()
        let successor = try await t.add {
            $0.unique = rule(.again)
            edit(&$0)
        }
        try await t.expect(successor, is: .held)
        try await t.settle(running, .interrupted)
        t.time.advance(by: .seconds(5))
        return (holder, successor)
    }

    static let uniqueExpiryCases: [ConformanceCase] =
        [UniqueRule.Conflict.existing, .replace, .again].flatMap { conflict in
            [JobState.scheduled, .available, .retryable].map { state in
                ConformanceCase("\(conflict): a holder that is \(state.name) and has expired is ended first") { t in
                    let holder = try await expired(t, in: state)
                    let newer = t.job { $0.unique = rule(conflict) }
                    try t.expect(try await t.enqueue(newer), .stored(.available))
                    let record = try await t.record(holder)
                    try t.expect(record.state, .discarded)
                    try t.expect(record.finishedAt, t.now)
                    try t.expect(record.errors.last?.kind, .expired)
                    try t.expect(try await t.store.peekReturns(in: "web", limit: 9).map(\.job), [holder])
                    try t.expect(
                        try await t.enqueue(t.job { $0.unique = rule(.existing) }),
                        .duplicate(of: newer.id, .available))
                    try t.expect(try await t.takeOne().id, newer.id)
                    try t.expect(try await t.store.maintain(limit: 10).expired, 0)
                }
            }
        } + moreExpiryCases

    private static let moreExpiryCases: [ConformanceCase] = [
        ConformanceCase("an expired holder of a window is ended, and its window goes on") { t in
            let id = try await t.add {
                $0.unique = UniqueRule(key: "k", window: .seconds(100))
                $0.expires = .after(.seconds(5))
            }
            t.time.advance(by: .seconds(5))
            for conflict in [UniqueRule.Conflict.existing, .replace, .again] {
                try t.expect(try await t.enqueue(t.job { $0.unique = rule(conflict) }), .duplicate(of: id, .discarded))
            }
        },
        ConformanceCase("a holder that runs keeps its key though its expiry has passed") { t in
            let id = try await t.add {
                $0.unique = rule(.existing)
                $0.expires = .after(.seconds(5))
            }
            let running = try await t.takeOne()
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .duplicate(of: id, .running))
            try await t.settle(running, .interrupted)
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .stored(.available))
            try await t.expect(id, is: .discarded)
        },
        ConformanceCase("upkeep ends an expired holder and the successor that it frees, once each") { t in
            let (holder, successor) = try await heldBehindExpired(t) {
                $0.expires = .after(.seconds(5))
                $0.returnQueue = "web"
            }
            try t.expect(try await t.store.maintain(limit: 10).expired, 2)
            try await t.expect(holder, is: .discarded)
            try await t.expect(successor, is: .discarded)
            try t.expect(try await t.record(successor).errors.map(\.kind), [.expired])
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).map(\.job), [successor])
            try t.expect(try await t.store.maintain(limit: 10).expired, 0)
        },
        ConformanceCase("an expired holder frees its successor to whoever meets the key") { t in
            let successor = try await heldBehindExpired(t).successor
            try t.expect(try await t.store.standing(of: successor)?.predecessor, nil, "nobody keeps it waiting")
            try t.expect(
                try await t.enqueue(t.job { $0.unique = rule(.existing) }), .duplicate(of: successor, .available))
            try t.expect(try await t.takeOne().id, successor)
        },
        ConformanceCase("a successor that has expired is not freed, and not replaced") { t in
            _ = try await t.add { $0.unique = rule(.existing) }
            let running = try await t.takeOne()
            func held() async throws -> JobID {
                try await t.add {
                    $0.unique = rule(.again)
                    $0.expires = .after(.seconds(5))
                }
            }
            let first = try await held()
            t.time.advance(by: .seconds(5))
            try t.expect(
                try await t.enqueue(t.job { $0.unique = rule(.replace) }), .duplicate(of: running.id, .running))
            try await t.expect(first, is: .discarded)
            let second = try await held()
            t.time.advance(by: .seconds(5))
            let reply = try await t.store.settle([t.end(running, .done)], reserving: t.wish())
            try t.expect(reply.reservation?.jobs.count, 0)
            let record = try await t.record(second)
            try t.expect(record.state, .discarded)
            try t.expect(record.errors.map(\.kind), [.expired])
            try t.expect(
                try await t.enqueue(t.job { $0.unique = rule(.existing) }), .stored(.available), "the key is free")
        },
        ConformanceCase("both at a key have expired: both are ended, and the key is free") { t in
            let (holder, successor) = try await heldBehindExpired(t) { $0.expires = .after(.seconds(5)) }
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.again) }), .stored(.available))
            for id in [holder, successor] { try await t.expect(id, is: .discarded) }
        },
        ConformanceCase("a replaced successor adopts the expiry") { t in
            _ = try await t.add { $0.unique = rule(.existing) }
            let running = try await t.takeOne()
            let successor = try await t.add {
                $0.unique = rule(.again)
                $0.expires = .after(.seconds(5))
            }
            let newer = t.job {
                $0.unique = rule(.again)
                $0.expires = .after(.seconds(50))
            }
            try t.expect(try await t.enqueue(newer), .replaced(successor, .held))
            t.time.advance(by: .seconds(5))
            try t.expect(try await t.store.maintain(limit: 10).expired, 0)
            try await t.settle(running, .done)
            try await t.expect(successor, is: .available)
            t.time.advance(by: .seconds(45))
            try t.expect(try await t.store.maintain(limit: 10).expired, 1)
        },
        ConformanceCase("a retry by hand is not refused for a holder that has expired") { t in
            for dryRun in [true, false] {
                let first = try await t.add { $0.unique = rule(.existing) }
                try await t.change(first, .cancel)
                let holder = try await expired(t, in: .available)
                let reply = try await t.store.change(ChangeRequest(.retry, .ids([first]), dryRun: dryRun))
                try t.expect(reply.answers, [.done(.available)])
                try await t.expect(holder, is: .discarded)
                try await t.expect(first, is: dryRun ? .cancelled : .available)
                try await t.change(first, .remove)
            }
        },
        ConformanceCase("a retry by hand of a holder that has expired itself clears the expiry") { t in
            let id = try await expired(t, in: .retryable)
            try t.expect(try await t.change(id, .retry), .done(.available))
            try t.expect(try await t.record(id).expiresAt, nil)
            try t.expect(
                try await t.enqueue(t.job { $0.unique = rule(.existing) }), .duplicate(of: id, .available))
        },
    ]
}
