// Steering: by id with one answer each, by filter in chunks with counts, and never more than the caller asked for.
import OffstageCore
import OffstageMonitor
import Testing

@Suite(.timeLimit(.minutes(1))) struct SteeringTests {
    @Test(arguments: StoreKind.allCases) func everyIdGetsItsAnswer(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(3)
            try await stage.settle(try await stage.reserve(), .done)
            _ = try await stage.reserve()
            let asked = ids + [JobID(high: 1, low: 1)]
            let dry = try await stage.monitor.change(.cancel, asked, dryRun: true)
            #expect(try await stage.record(ids[2]).state == .available)
            let answers = try await stage.monitor.change(.cancel, asked)
            #expect(answers == dry)
            guard case .refused = answers[0] else {
                Issue.record("\(answers)")
                return
            }
            #expect(answers[1...] == [.asked, .done(.cancelled), .notFound])
        }
    }

    @Test(arguments: StoreKind.allCases) func retryRemoveAndReschedule(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            try await stage.settle(try await stage.reserve(), .discarded(Failure(.discard, "no")))
            #expect(try await stage.monitor.retry(id) == [.done(.available)])
            #expect(try await stage.monitor.reschedule(id, to: .after(.seconds(60))) == [.done(.scheduled)])
            #expect(try await stage.record(id).runAt == stage.time.now() + .seconds(60))
            #expect(try await stage.monitor.remove(id) == [.removed])
            #expect(try await stage.monitor.find(id) == nil)
            await #expect(throws: InvalidJob.self) {
                try await stage.monitor.reschedule(id, to: .after(.seconds(-1)))
            }
            let now = stage.time.now()
            for moment in [now + Limits().horizon + .seconds(1), Timestamp(microseconds: now.microseconds * 1000)] {
                await #expect(throws: InvalidJob.self) { try await stage.monitor.reschedule(id, to: .at(moment)) }
                await #expect(throws: InvalidJob.self) {
                    try await stage.monitor.change(.reschedule(.at(moment)), all: JobFilter())
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func aFilterIsWorkedOffInChunks(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue(2500)
            try await stage.enqueue(10) { $1.queue = "other" }
            let filter = JobFilter(state: .available, queue: "default")
            let dry = try await stage.monitor.change(.cancel, all: filter, dryRun: true)
            #expect((dry.changed, dry.refused) == (2500, 0))
            #expect(try await stage.store.counts().total(.available) == 2510)
            var steps: [Int] = []
            let totals = try await stage.monitor.change(.cancel, all: filter) { steps.append($0.changed) }
            #expect(totals.changed == 2500)
            #expect(steps.count >= 3 && steps == steps.sorted() && steps.last == 2500)
            #expect(try await stage.store.counts().total(.available) == 10)
            let again = try await stage.monitor.change(.retry, all: JobFilter(state: .cancelled, type: "mail"))
            #expect(again.changed == 2500)
        }
    }

    @Test(arguments: StoreKind.allCases) func clearLeavesWhatRunsAndWhatHasEnded(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let rule = UniqueRule(key: "k", onConflict: .again)
            try await stage.enqueue(2)
            try await stage.settle(try await stage.reserve(), .done)
            try await stage.settle(
                try await stage.reserve(), .failed(Failure(.failed, "no")), policy: .constant(.seconds(60)))
            try await stage.enqueue { $0.unique = rule }
            #expect(try await stage.reserve().count == 1)
            try await stage.enqueue { $0.unique = rule }
            try await stage.enqueue(1200)
            try await stage.enqueue { $0.start = .after(.seconds(60)) }
            try await stage.enqueue { $0.queue = "other" }
            #expect(try await stage.monitor.clear("default", dryRun: true) == 1203)
            #expect(try await stage.monitor.clear("default") == 1203)
            let queue = try #require(try await stage.monitor.queues().first)
            #expect(queue.byState.reduce(0, +) == 2)
            #expect((queue[.running], queue[.completed]) == (1, 1))
            #expect(try await stage.monitor.queues().count == 2)
        }
    }

    @Test(arguments: StoreKind.allCases) func queuesPauseAndResume(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue()
            #expect(try await stage.monitor.pause("default"))
            #expect(try await !stage.monitor.pause("default"))
            #expect(try await stage.reserve().isEmpty)
            #expect(try await stage.monitor.resume("default"))
            #expect(try await !stage.monitor.resume("default"))
            #expect(try await stage.reserve().count == 1)
            await #expect(throws: InvalidJob.self) { try await stage.monitor.pause("no name") }
        }
    }

    @Test(arguments: StoreKind.allCases) func workersAreToldToQuietAndStop(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            #expect(try await !stage.monitor.quiet(WorkerID(bits: 5)))
            try await stage.beat(5)
            #expect(try await stage.monitor.quiet(WorkerID(bits: 5)))
            #expect(try await stage.monitor.stop(WorkerID(bits: 5)))
            let status = try await stage.store.workers()[0].status
            #expect(try await stage.store.heartbeat(status) == [.quiet, .stop])
        }
    }
}
