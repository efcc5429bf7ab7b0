// Manual changes of one job at a time: cancel, retry, remove, reschedule, in every state.
import OffstageCore

extension StoreConformance {
    /// Makes a job in a state, the shortest way, and returns its id.
    static func job(in state: JobState, _ t: Trial, _ edit: @escaping @Sendable (inout NewJob) -> Void = { _ in })
        async throws -> JobID
    {
        if state == .held {
            _ = try await t.add("other") { $0.unique = UniqueRule(key: "held") }
            _ = try await t.take(types: ["other"], worker: Trial.bob)
            return try await t.add("other") {
                $0.unique = UniqueRule(key: "held", onConflict: .again)
                edit(&$0)
            }
        }
        let id = try await t.add {
            $0.start = state == .scheduled ? .after(.seconds(100)) : .now
            edit(&$0)
        }
        switch state {
        case .held, .scheduled, .available: break
        case .running: _ = try await t.takeOne()
        case .retryable: try await t.settle(try await t.takeOne(), .threw)
        case .completed: try await t.settle(try await t.takeOne(), .returned(result: [1], truncated: true))
        case .discarded: try await t.settle(try await t.takeOne(), .discarded(Failure(.discard, "no")))
        case .cancelled: try await t.change(id, .cancel)
        }
        try await t.expect(id, is: state)
        return id
    }

    static let changeCases: [ConformanceCase] =
        JobState.allCases.map { state in
            ConformanceCase("cancel, retry, remove and reschedule of a job that is \(state.name) follow the table") {
                t in
                let actions: [(ChangeAction, JobEvent)] = [
                    (.cancel, .cancelled), (.retry, .retriedByHand), (.remove, .removed),
                    (.reschedule(.after(.seconds(9))), .postponed),
                ]
                for (action, event) in actions {
                    let id = try await job(in: state, t)
                    let before = try await t.record(id)
                    let dry = try await t.store.change(ChangeRequest(action, .ids([id]), dryRun: true)).answers[0]
                    try t.expect(try await t.record(id), before, "record after a dry run")
                    let answer = try await t.change(id, action)
                    switch state.after(event) {
                    case .to(let next):
                        try t.expect(answer, .done(next), "\(action)")
                        try await t.expect(id, is: next)
                        try t.expect(dry, answer, "dry run of \(action)")
                    case .gone:
                        try t.expect(answer, .removed, "\(action)")
                        try t.expect(try await t.store.find([id]), [nil])
                        try t.expect(dry, answer, "dry run of \(action)")
                    case .asked:
                        try t.expect(answer, .asked, "\(action)")
                        try t.expect(try await t.record(id).cancelRequestedAt, t.now)
                        try t.expect(dry, answer, "dry run of \(action)")
                    case .refused:
                        try t.refused(answer)
                        try t.refused(dry)
                        try t.expect(try await t.record(id), before, "record after \(action)")
                    }
                    // The next round starts with an empty store.
                    try await t.store.retire(Trial.ann)
                    try await t.store.retire(Trial.bob)
                    for _ in 0..<2 {
                        try await t.changeAll(JobFilter(), .remove)
                    }
                }
            }
        } + [
            ConformanceCase("cancelling a waiting job ends it, with all that an end brings") { t in
                let id = try await t.add {
                    $0.returnQueue = "web"
                    $0.metadata = ["a": "b"]
                }
                try t.expect(try await t.change(id, .cancel), .done(.cancelled))
                try t.expect(try await t.record(id).finishedAt, t.now)
                try t.expect(try await t.take().count, 0)
                let news = try await t.store.peekReturns(in: "web", limit: 9)
                try t.expect(news.map(\.state), [.cancelled])
                try t.expect(news.map(\.metadata), [["a": "b"]])
            },
            ConformanceCase("a retry by hand starts afresh: at once, without result, errors kept, attempts counted on")
            { t in
                let id = try await job(in: .completed, t)
                t.time.advance(by: .seconds(5))
                try await t.change(id, .retry)
                var record = try await t.record(id)
                try t.expect(record.runAt, t.now)
                try t.expect(record.finishedAt, nil)
                try t.expect(record.result, nil)
                try t.expect(record.resultTruncated, false)
                try await t.settle(try await t.takeOne(), .threw)
                try await t.change(id, .retry)
                try t.expect(try await t.takeOne().token.attempt, 2)
                record = try await t.record(id)
                try t.expect(record.errors.count, 1)
                try t.expect(record.attempt, 2)
            },
            ConformanceCase("a retry by hand allows one more attempt when all are used up") { t in
                let id = try await t.add { $0.maxAttempts = 1 }
                try await t.settle(try await t.takeOne(), .threw)
                try await t.change(id, .retry)
                try t.expect(try await t.record(id).maxAttempts, 2)
                let job = try await t.takeOne()
                try t.expect(job.token.attempt, 2)
                try t.expect(job.maxAttempts, 2)
                try await t.settle(job, .threw)
                try await t.expect(id, is: .discarded)
            },
            ConformanceCase("a retry by hand clears a cancellation and an expiry that has passed") { t in
                let id = try await t.add { $0.expires = .after(.seconds(5)) }
                let job = try await t.takeOne()
                try await t.change(id, .cancel)
                try await t.settle(job, .cancelled)
                try await t.change(id, .retry)
                var record = try await t.record(id)
                try t.expect(record.cancelRequestedAt, nil)
                try t.expect(record.expiresAt, t.now + .seconds(5), "an expiry ahead")
                t.time.advance(by: .seconds(5))
                _ = try await t.store.maintain(limit: 9)
                try await t.expect(id, is: .discarded)
                try await t.change(id, .retry)
                record = try await t.record(id)
                try t.expect(record.expiresAt, nil)
                try t.expect(try await t.takeOne().id, id)
            },
        ]
}
