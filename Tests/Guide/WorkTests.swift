// The part of docs/guide.md about workers.
import Offstage
import OffstageMemory
import OffstageTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct WorkTests {
    let store = MemoryStore()

    @Test func handlersOfFourKinds() async throws {
        let enqueuer = Enqueuer(store)
        try await enqueuer.enqueue(Thumbnail(source: "a", width: 320))
        try await enqueuer.enqueue(type: "sum", encoding: [1, 2, 3])
        try await enqueuer.enqueue(type: "echo", arguments: Array("not JSON".utf8))
        try await enqueuer.enqueue(type: "hash", encoding: "x")

        let worker = Worker(store, queues: .all, concurrency: 16, options: quietOptions()) {
            Thumbnail.self
            Handler("sum", retry: .constant(.seconds(10))) { (numbers: [Int], context) in numbers.reduce(0, +) }
            Handler(raw: "echo") { job, context in [UInt8](#"{"bytes":\#(job.arguments.count)}"#.utf8) }
            Handler("hash", blocking: true) { (text: String, context) in text.hashValue != 0 }
        }
        try await worker.run()

        #expect(try await Monitor(store).list(JobFilter(state: .completed)).records.count == 4)
    }

    @Test func queuesStrictAndWeighted() async throws {
        let strict = Worker(store, queues: ["mail", "images"], options: quietOptions()) { Mail.self }
        let weighted = Worker(store, queues: ["mail": 3, "images": 1], options: quietOptions()) { Mail.self }
        try await Enqueuer(store).enqueue(Mail(to: "ann"))
        try await strict.run()
        try await Enqueuer(store).enqueue(Mail(to: "bob"))
        try await weighted.run()
        #expect(try await Monitor(store).list(JobFilter(state: .completed)).records.count == 2)
    }

    @Test func endsOtherThanReturning() async throws {
        let queue = TestQueue { Charge.self }
        let enqueuer = queue.enqueuer
        let tickets = try await enqueuer.enqueue(all: [200, 423, 429, 404, 500].map { Charge(answer: $0) })
        try await queue.drain()
        var states: [JobState] = []
        for ticket in tickets { states.append(try #require(try await queue.record(ticket.id)).state) }
        #expect(states == [.completed, .scheduled, .retryable, .discarded, .retryable])
        let snoozed = try #require(try await queue.record(tickets[1].id))
        #expect(snoozed.attempt == 1 && snoozed.interruptions == 1 && snoozed.errors.isEmpty)
    }

    @Test func aCheckpointIsReadBack() async throws {
        let ticket = try await Enqueuer(store).enqueue(Import(rows: 2500))
        try await Worker(store, options: quietOptions()) { Import.self }.run()
        let record = try await ticket.end()
        #expect(record.progress?.note == "2500 of 2500")
        #expect(record.checkpoint == nil, "a completed job gives it up")
    }

    @Test func childrenWithKeysAndAFollowUp() async throws {
        let ticket = try await Enqueuer(store).enqueue(Newsletter(issue: 42, subscribers: ["ann", "bob"]))
        try await Worker(store, options: quietOptions()) {
            Newsletter.self
            Mail.self
            Archive.self
        }.run()
        #expect(try await ticket.result(within: .seconds(5)) == 2)
        let child = JobID(childOf: ticket.id, key: "ann")
        #expect(try await Monitor(store).find(child)?.parent == ticket.id)
        #expect(try await Monitor(store).list(JobFilter(type: "newsletter.archive")).records.count == 1)
    }

    struct Timed: ExecuteMiddleware {
        var log: any Log

        func execute(
            _ context: JobContext, next: @Sendable (JobContext) async throws -> JobResult
        ) async throws -> JobResult {
            log(.info, "begins", ["job": "\(context.id)", "attempt": "\(context.attempt)"])
            defer { log(.info, "ends", ["job": "\(context.id)"]) }
            return try await next(context)
        }
    }

    @Test func middlewareHooksAndEvents() async throws {
        let dead = Mutex<[String]>([])

        var options = quietOptions()
        options.onError = [{ context, failure in context.log(.warning, failure.message, ["job": "\(context.id)"]) }]
        options.onDeath = [{ job, failure in dead.withLock { $0.append("\(job.type): \(failure.message)") } }]
        let worker = Worker(store, middleware: [Timed(log: SilentLog())], options: options) { Charge.self }
        let events = worker.stream()

        try await Enqueuer(store).enqueue(Charge(answer: 404))
        try await worker.run()
        #expect(dead.withLock { $0 } == ["card.charge: there is no such card"])
        var settled = 0
        for await event in events { if case .settled(_, .accepted) = event { settled += 1 } }
        #expect(settled >= 1, "a hand-back before the start is settled too")
    }

    @Test func aTimeOutCancelsTheHandler() async throws {
        var options = EnqueueOptions()
        options.timeout = .milliseconds(20)
        options.maxAttempts = 1
        let slow = try await Enqueuer(store).enqueue(type: "slow", encoding: 1, options: options)
        try await Worker(store, options: quietOptions()) {
            Handler("slow") { (_: Int, _) in try await SystemTime().sleep(for: .seconds(30)) }
        }.run()
        let record = try #require(try await Monitor(store).find(slow.id))
        #expect(record.state == .discarded && record.errors.first?.kind == .timeout)
    }

    @Test func aWorkerStopsAndHandsBack() async throws {
        let started = TestSignal()
        let job = try await Enqueuer(store).enqueue(type: "long", encoding: 1)

        let worker = Worker(store, grace: .milliseconds(10), options: quietOptions(drain: false)) {
            Handler("long") { (_: Int, _) in
                started.set()
                try await SystemTime().sleep(for: .seconds(30))
            }
        }
        let life = Task { try await worker.run() }
        #expect(await started.wait())
        worker.shutdown()
        try await life.value

        let record = try #require(try await Monitor(store).find(job.id))
        #expect(record.state == .available && record.interruptions == 1 && record.errors.isEmpty, "\(record)")
    }

    @Test func cancellingTheTaskStopsItToo() async throws {
        let worker = Worker(store, options: quietOptions(drain: false)) { Mail.self }
        let events = worker.stream()
        let life = Task { try await worker.run() }
        for await event in events { if case .ready = event { break } }
        life.cancel()
        try await life.value
    }
}
