// What a newer enqueue with `replace` or `again` does to the holder and its successor: the newest arguments run last,
// whatever has happened to the holder, and a job that waits for its retry keeps waiting.
import OffstageCore

extension StoreConformance {
    private static func rule(_ conflict: UniqueRule.Conflict) -> UniqueRule {
        UniqueRule(key: "k", onConflict: conflict)
    }

    /// Makes a holder that has run and waits again, with a successor behind it.
    private static func comeBack(_ t: Trial, _ outcome: Outcome) async throws -> (holder: JobID, successor: JobID) {
        let holder = try await t.add { $0.unique = rule(.again) }
        let running = try await t.takeOne()
        let successor = try await t.add { $0.unique = rule(.again) }
        try await t.expect(successor, is: .held)
        try await t.settle(running, outcome)
        return (holder, successor)
    }

    private static let back: [(how: String, Outcome, JobState)] = [
        ("failed", .threw, .retryable), ("was handed back", .interrupted, .available),
        ("snoozed", .snoozed(.after(.seconds(5))), .scheduled),
        ("asked for a retry", .retryAt(.now, Failure(.retry, "later")), .retryable),
    ]

    static let replaceCases: [ConformanceCase] =
        [UniqueRule.Conflict.replace, .again].flatMap { conflict in
            back.map { how, outcome, state in
                ConformanceCase("\(conflict): a holder that \(how) is left alone, and its successor is replaced") { t in
                    let (holder, successor) = try await comeBack(t, outcome)
                    try await t.expect(holder, is: state)
                    let before = try await t.record(holder)
                    let newest = t.job { $0.unique = rule(conflict) }
                    try t.expect(try await t.enqueue(newest), .replaced(successor, .held))
                    try t.expect(try await t.record(holder), before, "the holder")
                    t.time.advance(by: .seconds(60))
                    let first = try await t.takeOne()
                    try t.expect(first.id, holder)
                    try await t.settle(first, .done)
                    let last = try await t.takeOne()
                    try t.expect(last.id, successor)
                    try t.expect(last.arguments, newest.arguments)
                }
            }
        }
        + [UniqueRule.Conflict.replace, .again].map { conflict in
            ConformanceCase("\(conflict): a retry is not brought forward and burns no attempt") { t in
                let id = try await t.add { $0.unique = rule(.existing) }
                try await t.settle(try await t.takeOne(), .threw)
                let due = t.now + .seconds(60)
                for _ in 0..<20 {
                    t.time.advance(by: .seconds(1))
                    try t.expect(
                        try await t.enqueue(t.job { $0.unique = rule(conflict) }), .replaced(id, .retryable))
                    try t.expect(try await t.take().count, 0, "jobs given out before the retry is due")
                }
                let soon = t.job {
                    $0.unique = rule(conflict)
                    $0.start = .after(.seconds(30))
                }
                try t.expect(try await t.enqueue(soon), .replaced(id, .retryable))
                var record = try await t.record(id)
                try t.expect(record.runAt, due)
                try t.expect(record.attempt, 1)
                try t.expect(record.errors.count, 1)
                try t.expect(record.arguments, soon.arguments)
                let late = t.job {
                    $0.unique = rule(conflict)
                    $0.start = .after(.seconds(90))
                }
                try t.expect(try await t.enqueue(late), .replaced(id, .retryable))
                try t.expect(try await t.enqueue(t.job { $0.unique = rule(conflict) }), .replaced(id, .retryable))
                record = try await t.record(id)
                try t.expect(record.runAt, t.now + .seconds(90), "the later of the times")
                t.time.advance(by: .seconds(90))
                let newest = t.job { $0.unique = rule(conflict) }
                try t.expect(try await t.enqueue(newest), .replaced(id, .available), "once it is due")
                let second = try await t.takeOne()
                try t.expect(second.token.attempt, 2)
                try t.expect(second.arguments, newest.arguments)
            }
        } + moreReplaceCases

    private static let moreReplaceCases: [ConformanceCase] = [
        ConformanceCase("replace: with a running holder the successor gets the arguments; without one nobody does") {
            t in
            let holder = try await t.add { $0.unique = rule(.again) }
            _ = try await t.takeOne()
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .duplicate(of: holder, .running))
            let successor = try await t.add { $0.unique = rule(.again) }
            let newest = t.job { $0.unique = rule(.replace) }
            try t.expect(try await t.enqueue(newest), .replaced(successor, .held))
            try t.expect(try await t.record(successor).arguments, newest.arguments)
        },
        ConformanceCase("existing: the holder is named, and a successor behind it is left alone") { t in
            for (_, outcome, state) in back {
                let (holder, successor) = try await comeBack(t, outcome)
                let before = try await t.record(successor)
                try t.expect(
                    try await t.enqueue(t.job { $0.unique = rule(.existing) }), .duplicate(of: holder, state))
                try t.expect(try await t.record(successor), before, "the successor")
                try await t.change(successor, .cancel)
                try await t.change(holder, .cancel)
            }
        },
        ConformanceCase("the newest arguments run last though the window has passed while a successor is held") { t in
            for conflict in [UniqueRule.Conflict.replace, .again] {
                _ = try await t.add { $0.unique = UniqueRule(key: "k", release: .ended, window: .seconds(5)) }
                let running = try await t.takeOne()
                let successor = try await t.add { $0.unique = rule(.again) }
                t.time.advance(by: .seconds(6))
                let newest = t.job { $0.unique = rule(conflict) }
                try t.expect(try await t.enqueue(newest), .replaced(successor, .held))
                try await t.settle(running, .done)
                let last = try await t.takeOne()
                try t.expect(last.arguments, newest.arguments)
                try await t.settle(last, .done)
            }
        },
        ConformanceCase("a replacement takes arguments, time and expiry, and nothing else") { t in
            let id = try await t.add {
                $0.unique = rule(.existing)
                $0.tags = ["old"]
                $0.metadata = ["trace": "1"]
                $0.timeout = .seconds(9)
            }
            let newer = t.job {
                $0.unique = rule(.replace)
                $0.arguments = [7]
                $0.expires = .after(.seconds(50))
                $0.tags = ["new"]
                $0.metadata = ["trace": "2"]
                $0.timeout = .seconds(1)
                $0.maxAttempts = 1
                $0.queue = "mail"
                $0.returnQueue = "web"
            }
            var wanted = try await t.record(id)
            t.time.advance(by: .seconds(1))
            wanted.arguments = [7]
            wanted.runAt = t.now
            wanted.expiresAt = t.now + .seconds(50)
            try t.expect(try await t.enqueue(newer), .replaced(id, .available))
            try t.expect(try await t.record(id), wanted, "record")
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .replaced(id, .available))
            try t.expect(try await t.record(id).expiresAt, nil)
            t.time.advance(by: .seconds(60))
            try t.expect(try await t.store.maintain(limit: 10).expired, 0)
            try t.expect(try await t.takeOne().id, id)
        },
        ConformanceCase("a replacement leaves nothing of what the older arguments had come to") { t in
            let id = try await t.add { $0.unique = rule(.existing) }
            let running = try await t.takeOne()
            _ = try await t.store.note([
                JobNote(token: running.token, kind: .checkpoint([1])),
                JobNote(token: running.token, kind: .progress(Progress(fraction: 0.5, note: "half"))),
            ])
            try await t.settle(running, .interrupted)
            try t.expect(try await t.enqueue(t.job { $0.unique = rule(.replace) }), .replaced(id, .available))
            let record = try await t.record(id)
            try t.expect(record.checkpoint, nil)
            try t.expect(record.progress, nil)
            try t.expect(try await t.takeOne().checkpoint, nil)
        },
    ]
}
