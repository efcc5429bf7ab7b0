// Waiters: what becomes available after `arm` ends the wait. Each case waits in real time, bounded, because a store may
// wake through the operating system.
import OffstageCore

extension StoreConformance {
    /// Starts a wait of one day, runs `body`, and fails unless the wait ends within ten real seconds.
    private static func wakes(
        _ t: Trial, _ what: String, selection: WorkSelection = WorkSelection(queues: nil, types: ["work"]),
        line: UInt = #line,
        by body: (any WorkWaiter) async throws -> Void
    ) async throws {
        let waiter = t.store.makeWaiter(for: selection)
        defer { waiter.close() }
        waiter.arm()
        // Arm, reserve, and only then wait: a store may arm with a message that is sent before the reservation.
        _ = try await t.take(types: ["nothing"])
        let hasEnded = TestSignal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await waiter.wait(upTo: .seconds(86_400))
                hasEnded.set()
            }
            try await body(waiter)
            let isAwake = await hasEnded.wait()
            if !isAwake { waiter.wake() }
            try await group.waitForAll()
            guard isAwake else { throw ConformanceFailure("not woken by \(what)", line: line) }
        }
    }

    static let waiterCases: [ConformanceCase] = [
        ConformanceCase("an enqueued job wakes a waiter that can take it") { t in
            try await wakes(t, "an enqueue") { _ in _ = try await t.add() }
            try await wakes(t, "an enqueue in its queue", selection: WorkSelection(queues: ["a"], types: ["work"])) {
                _ in
                _ = try await t.add { $0.queue = "a" }
            }
        },
        ConformanceCase("a job that came between arming and waiting ends the wait at once") { t in
            let waiter = t.store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
            defer { waiter.close() }
            waiter.arm()
            _ = try await t.take(types: ["nothing"])
            _ = try await t.add()
            let start = SystemTime().monotonicMicroseconds()
            await waiter.wait(upTo: .seconds(86_400))
            try t.expect(SystemTime().monotonicMicroseconds() - start < 10_000_000, "the wait ended at once")
        },
        ConformanceCase("jobs that come back wake a waiter: handed back, retried by hand, rescheduled, freed") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            try await wakes(t, "a hand-back") { _ in try await t.settle(job, .interrupted) }
            try await t.change(id, .cancel)
            try await wakes(t, "a retry by hand") { _ in try await t.change(id, .retry) }
            try await t.change(id, .reschedule(.after(.seconds(99))))
            try await wakes(t, "a new time") { _ in try await t.change(id, .reschedule(.now)) }
            try await t.change(id, .remove)
            _ = try await t.add { $0.unique = UniqueRule(key: "k") }
            let holder = try await t.takeOne()
            _ = try await t.add { $0.unique = UniqueRule(key: "k", onConflict: .again) }
            try await wakes(t, "the end of a predecessor") { _ in try await t.settle(holder, .done) }
        },
        ConformanceCase("jobs of a worker that goes wake a waiter: retired, rescued") { t in
            _ = try await t.add()
            _ = try await t.takeOne()
            try await wakes(t, "a retirement") { _ in try await t.store.retire(Trial.ann) }
            _ = try await t.takeOne()
            try await t.pass(.seconds(20))
            try await wakes(t, "a rescue") { _ in _ = try await t.store.maintain(limit: 9) }
        },
        ConformanceCase("a queue that is resumed wakes a waiter") { t in
            _ = try await t.store.setPaused(true, queue: "default")
            _ = try await t.add()
            try await wakes(t, "a resumed queue") { _ in _ = try await t.store.setPaused(false, queue: "default") }
        },
        ConformanceCase("upkeep that calls a job available wakes a waiter") { t in
            _ = try await t.add { $0.start = .after(.seconds(5)) }
            t.time.advance(by: .seconds(5))
            try await wakes(t, "upkeep") { _ in _ = try await t.store.maintain(limit: 9) }
        },
        ConformanceCase("two jobs wake two waiters") { t in
            try await wakes(t, "the first of two") { _ in
                try await wakes(t, "the second of two") { _ in _ = try await t.store.enqueue([t.job(), t.job()]) }
            }
        },
        ConformanceCase("wake ends the wait, and so does cancelling the task") { t in
            try await wakes(t, "wake") { $0.wake() }
            let waiter = t.store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
            defer { waiter.close() }
            waiter.arm()
            let sleeper = Task { await waiter.wait(upTo: .seconds(86_400)) }
            sleeper.cancel()
            await sleeper.value
        },
    ]
}
