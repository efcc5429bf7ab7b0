// When a key is released: at the first start, at the end, or when a window ends; and what a manual retry does to it.
import OffstageCore

extension StoreConformance {
    private static func probe(_ t: Trial) async throws -> Bool {
        let job = t.job { $0.unique = UniqueRule(key: "k") }
        guard case .stored = try await t.enqueue(job) else { return false }
        try await t.change(job.id, .remove)
        return true
    }

    private static func holder(_ t: Trial, _ release: UniqueRule.Release?, window: Duration? = nil) async throws
        -> JobID
    {
        try await t.add { $0.unique = UniqueRule(key: "k", release: release, window: window) }
    }

    static let uniqueReleaseCases: [ConformanceCase] = [
        ConformanceCase("released when started: not by a prefetch, but by a start at once") { t in
            _ = try await holder(t, .started)
            let prefetched = try await t.takeOne(startNow: 0)
            try t.expect(try await probe(t), false, "key free after a prefetch")
            try await t.settle(prefetched, .interrupted, ran: nil)
            _ = try await t.takeOne(startNow: 1)
            try t.expect(try await probe(t), true, "key free after a start")
        },
        ConformanceCase("released when started: by a note, and by a settle that says it ran") { t in
            _ = try await holder(t, .started)
            let first = try await t.takeOne(startNow: 0)
            _ = try await t.store.note([JobNote(token: first.token, kind: .started(agoMicroseconds: 5))])
            try t.expect(try await probe(t), true, "key free after the note")
            try await t.settle(first, .done)
            _ = try await holder(t, .started)
            let second = try await t.takeOne(startNow: 0)
            try await t.settle(second, .threw, ran: 10)
            try t.expect(try await probe(t), true, "key free after the settle")
        },
        ConformanceCase("released when started: by the end of a job that never starts") { t in
            let id = try await holder(t, .started)
            try await t.change(id, .cancel)
            try t.expect(try await probe(t), true, "key free")
        },
        ConformanceCase("released when started: the successor behind a prefetched job is freed by the start") { t in
            _ = try await holder(t, .started)
            let first = try await t.takeOne(startNow: 0)
            let second = try await t.add { $0.unique = UniqueRule(key: "k", release: .started, onConflict: .again) }
            try await t.expect(second, is: .held)
            _ = try await t.store.note([JobNote(token: first.token, kind: .started(agoMicroseconds: 0))])
            try await t.expect(second, is: .available)
            try t.expect(try await probe(t), false, "key free")
        },
        ConformanceCase("released when started: the successor is freed even if the window has passed before the start")
        { t in
            _ = try await holder(t, .started, window: .seconds(5))
            let first = try await t.takeOne(startNow: 0)
            let second = try await t.add { $0.unique = UniqueRule(key: "k", onConflict: .again) }
            t.time.advance(by: .seconds(6))
            _ = try await t.store.note([JobNote(token: first.token, kind: .started(agoMicroseconds: 0))])
            try await t.expect(second, is: .available)
        },
        ConformanceCase("released when ended: by every kind of end") { t in
            for outcome in [Outcome.done, .discarded(Failure(.discard, "no")), .cancelled] {
                _ = try await holder(t, .ended)
                let running = try await t.takeOne()
                try t.expect(try await probe(t), false, "key free while it runs")
                try await t.settle(running, outcome)
                try t.expect(try await probe(t), true, "key free after \(outcome)")
            }
            for action in [ChangeAction.cancel, .remove] {
                let id = try await holder(t, .ended)
                try await t.change(id, action)
                try t.expect(try await probe(t), true, "key free after \(action)")
            }
            _ = try await t.add {
                $0.unique = UniqueRule(key: "k")
                $0.expires = .after(.seconds(1))
            }
            t.time.advance(by: .seconds(1))
            try t.expect(try await t.take().count, 0)
            try t.expect(try await probe(t), true, "key free after the expiry")
        },
        ConformanceCase("a window ends the hold of a job that has not ended") { t in
            for release in [UniqueRule.Release.started, .ended, .window] {
                let first = try await holder(t, release, window: .seconds(10))
                t.time.advance(by: .seconds(9))
                try t.expect(try await probe(t), false, "key free before the window has passed")
                t.time.advance(by: .seconds(1))
                let second = try await holder(t, .ended)
                try t.expect(
                    try await t.enqueue(t.job { $0.unique = UniqueRule(key: "k") }), .duplicate(of: second, .available))
                try await t.change(first, .remove)
                try t.expect(try await probe(t), false, "key free after its old holder has gone")
                try await t.change(second, .remove)
            }
        },
        ConformanceCase("a window counts on when the job has ended before, unless the end releases") { t in
            _ = try await holder(t, .ended, window: .seconds(10))
            try await t.complete()
            try t.expect(try await probe(t), true, "key free after the end")
            let id = try await holder(t, nil, window: .seconds(10))
            try await t.complete()
            for conflict in [UniqueRule.Conflict.existing, .replace, .again] {
                let again = t.job { $0.unique = UniqueRule(key: "k", onConflict: conflict) }
                try t.expect(try await t.enqueue(again), .duplicate(of: id, .completed))
            }
            t.time.advance(by: .seconds(10))
            try t.expect(try await probe(t), true, "key free after the window")
        },
        ConformanceCase("a window outlives the record of a pruned job, and ends with one that is removed") {
            $0.retention.completedCount = 0
        } body: { t in
            let id = try await holder(t, nil, window: .seconds(100))
            try await t.complete()
            try t.expect(try await t.store.maintain(limit: 10).pruned, 1)
            let again = t.job { $0.unique = UniqueRule(key: "k") }
            try t.expect(try await t.enqueue(again), .duplicate(of: id, .completed))
            t.time.advance(by: .seconds(100))
            _ = try await t.store.maintain(limit: 10)
            let second = try await holder(t, nil, window: .seconds(100))
            try await t.complete()
            try await t.change(second, .remove)
            try t.expect(try await probe(t), true, "key free after the removal")
        },
        ConformanceCase("a successor behind a window is freed by the end, and acquires the key") { t in
            _ = try await holder(t, nil, window: .seconds(100))
            let running = try await t.takeOne()
            let second = try await t.add { $0.unique = UniqueRule(key: "k", onConflict: .again) }
            try await t.settle(running, .done)
            try await t.expect(second, is: .available)
            try t.expect(
                try await t.enqueue(t.job { $0.unique = UniqueRule(key: "k") }), .duplicate(of: second, .available))
        },
        ConformanceCase("who acquires a key whose window has passed is who the successor waits for") { t in
            _ = try await holder(t, .ended, window: .seconds(5))
            let running = try await t.takeOne()
            let second = try await t.add { $0.unique = UniqueRule(key: "k", onConflict: .again) }
            t.time.advance(by: .seconds(5))
            _ = try await t.store.maintain(limit: 10)
            let third = try await holder(t, .ended)
            try await t.settle(running, .done)
            try await t.expect(second, is: .held)
            try t.expect(try await t.store.standing(of: second)?.predecessor, third)
            try await t.change(third, .cancel)
            try await t.expect(second, is: .available)
        },
        ConformanceCase("a window that merely passes leaves the successor to the end of its predecessor") { t in
            _ = try await holder(t, .ended, window: .seconds(5))
            let running = try await t.takeOne()
            let second = try await t.add { $0.unique = UniqueRule(key: "k", onConflict: .again) }
            t.time.advance(by: .seconds(6))
            _ = try await t.store.maintain(limit: 10)
            try await t.expect(second, is: .held)
            try await t.settle(running, .done)
            try await t.expect(second, is: .available)
        },
        ConformanceCase("a retry by hand acquires the key again, or is refused with the holder's name") { t in
            let first = try await t.add { $0.unique = UniqueRule(key: "k", window: .seconds(10)) }
            try await t.complete()
            t.time.advance(by: .seconds(10))
            let second = try await holder(t, .ended)
            try t.expect(try await t.change(first, .retry), .refused(.keyHeld(by: second)))
            try await t.expect(first, is: .completed)
            try await t.change(second, .remove)
            try t.expect(try await t.change(first, .retry), .done(.available))
            t.time.advance(by: .seconds(9))
            try t.expect(try await probe(t), false, "key free within the new window")
            t.time.advance(by: .seconds(1))
            try t.expect(try await probe(t), true, "key free after the new window")
        },
        ConformanceCase("a retry by hand of a job that holds its key still keeps it") { t in
            let id = try await holder(t, .ended)
            try await t.settle(try await t.takeOne(), .threw)
            try t.expect(try await t.change(id, .retry), .done(.available))
            try t.expect(try await probe(t), false, "key free")
        },
    ]
}
