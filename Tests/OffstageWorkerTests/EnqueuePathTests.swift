// Jobs that handlers enqueue take the same path as all jobs: middleware, limits, and another send if the outcome is
// unknown. What can be refused in advance fails the attempt; what only the store can detect is on the parent's record
// and in the event stream.
import OffstageCore
import OffstageMemory
import OffstageTesting
import OffstageWorker
import Testing

private struct Child: Job {
    static let name = "child"
    var n: Int
    func perform(in context: JobContext) async throws {}
}

/// Adds a trace to every job's metadata, and keeps the answers.
private struct Tracing: EnqueueMiddleware {
    let answers = Box<[EnqueueAnswer]>([])
    let trace: @Sendable () -> String

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        let found = try await next(
            jobs.map { job in
                var job = job
                job.metadata["trace"] = trace()
                return job
            })
        answers.change { $0 += found }
        return found
    }
}

private struct Refusing: EnqueueMiddleware {
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        throw InvalidJob("no children today")
    }
}

@Suite(.timeLimit(.minutes(1))) struct EnqueuePathTests {
    private func children(_ store: any Store) async throws -> [JobRecord] {
        try await store.list(JobFilter(type: "child"), after: nil, limit: 100).records
    }

    /// Runs a job of type x until its first end and returns its record.
    private func run(
        _ store: any Store, _ middleware: [any EnqueueMiddleware] = [],
        limits: Limits = Limits(),
        _ perform: @escaping @Sendable (JobContext) async throws -> Void
    ) async throws -> JobRecord {
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, enqueueMiddleware: middleware, options: testOptions { $0.limits = limits }) {
            Handler(raw: "x") { _, context in
                try await perform(context)
                return nil
            }
        }
        try await running(worker) {
            try await eventually("ended") {
                let state = try await store.state(id)
                return state == .completed || state == .retryable
            }
        }
        return try await store.record(id)
    }

    @Test func followUpsPassTheMiddleware() async throws {
        let store = memoryStore(lease: .seconds(20))
        let tracing = Tracing { "7" }
        let record = try await run(store, [tracing]) { try $0.follow(with: Child(n: 1)) }
        #expect(record.state == .completed)
        #expect(try await children(store).map(\.metadata) == [["trace": "7"]])
        #expect(tracing.answers.value == [.stored(.held)], "it is held until its parent's end is stored")
    }

    @Test func aFollowUpThatMiddlewareRefusesFailsTheAttemptBeforeAnythingIsSettled() async throws {
        let store = memoryStore(lease: .seconds(20))
        let record = try await run(store, [Refusing()]) { try $0.follow(with: Child(n: 1)) }
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.message) == ["no children today"])
        #expect(try await children(store).isEmpty)
    }

    @Test func whatMiddlewareMakesOfAFollowUpIsCheckedAgain() async throws {
        struct Spoiling: EnqueueMiddleware {
            func enqueue(
                _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
            ) async throws -> [EnqueueAnswer] {
                var jobs = jobs
                jobs[0].priority = 12
                return try await next(jobs)
            }
        }
        let store = memoryStore(lease: .seconds(20))
        let record = try await run(store, [Spoiling()]) { try $0.follow(with: Child(n: 1)) }
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.message) == ["priority 12 is not between 0 and 9"])
    }

    @Test(arguments: [false, true]) func limitsOfTheAppHoldForChildrenAndFollowUps(isFollowUp: Bool) async throws {
        let store = memoryStore(lease: .seconds(20))
        var limits = Limits()
        limits.argumentBytes = 3
        let record = try await run(store, limits: limits) { context in
            if isFollowUp {
                try context.follow(with: Child(n: 1))
            } else {
                try await context.enqueue(Child(n: 1))
            }
        }
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.message) == ["arguments are 7 bytes, over the limit of 3"])
    }

    @Test func limitsOfTheAppHoldForResultsAndCheckpoints() async throws {
        let store = memoryStore(lease: .seconds(20))
        let ids = try await store.put(newJob("long"), newJob("short"))
        let worker = Worker(
            store,
            options: testOptions {
                $0.limits.resultBytes = 100_000
                $0.limits.checkpointBytes = 10
                $0.drain = true
            }
        ) {
            Handler("long") { (_: [String: Int], context) in String(repeating: "x", count: 90_000) }
            Handler("short", retry: .never) { (_: [String: Int], context) in
                try await context.save(rawCheckpoint: Array(repeating: 0, count: 11))
            }
        }
        try await worker.run()
        let long = try await store.record(ids[0])
        #expect(long.result?.count == 90_002 && !long.resultTruncated)
        let message = try await store.record(ids[1]).errors.first?.message
        #expect(message == "the checkpoint is 11 bytes, over the limit of 10")
    }

    @Test func aChildWhoseOutcomeIsUnknownIsSentAgain() async throws {
        let base = memoryStore(lease: .seconds(20))
        let faults = Box(2)
        let store = FaultyStore(
            base,
            choose: { verb in
                guard verb == .enqueue else { return .none }
                return faults.change { left in
                    left -= 1
                    return left >= 0 ? .lost : .none
                }
            })
        let id = newJob("x")
        _ = try await base.enqueue([id])
        let worker = Worker(store, options: testOptions { $0.drain = true }) {
            Handler(raw: "x", retry: .never) { _, context in
                try await context.enqueue(Child(n: 1))
                return nil
            }
        }
        try await worker.run()
        #expect(try await base.record(id.id).state == .completed)
        #expect(try await children(base).count == 1)
    }

    @Test func aKeyedChildStandsThoughItsOptionsChangeWhenItsParentRunsAgain() async throws {
        let store = memoryStore(lease: .seconds(20))
        let id = try await store.put(newJob("parent"))[0]
        let runs = Box(0)
        let tracing = Tracing { "\(runs.value)" }
        let worker = Worker(store, enqueueMiddleware: [tracing], options: testOptions()) {
            Handler(raw: "parent", retry: .constant(.zero)) { _, context in
                let run = runs.change { runs in
                    runs += 1
                    return runs
                }
                var options = EnqueueOptions()
                options.maxAttempts = run
                options.tags = ["run\(run)"]
                try await context.enqueue(Child(n: run), key: "k", options: options)
                try context.follow(with: Child(n: run), key: "f", options: options)
                if run < 3 { throw Discontinued() }
                return nil
            }
        }
        try await running(worker) {
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        #expect(try await store.record(id).errors.count == 2)
        let child = try await store.record(JobID(childOf: id, key: "k"))
        #expect(child.arguments == Array(#"{"n":1}"#.utf8))
        #expect((child.maxAttempts, child.tags, child.metadata) == (1, ["run1"], ["trace": "1"]))
        #expect(try await store.record(JobID(childOf: id, key: "f")).arguments == Array(#"{"n":3}"#.utf8))
        let repeats = tracing.answers.value.filter { if case .repeated = $0 { true } else { false } }
        #expect(repeats.count == 2)
    }

    struct Discontinued: Error {}

    @Test func aFollowUpThatTheStoreRefusesIsOnItsParentsRecordAndInTheEvents() async throws {
        try await SQLiteTests.withStore { sqlite in
            for store in [memoryStore(), sqlite] as [any Store] {
                let taken = newJob("child", "1")
                _ = try await store.enqueue([taken])
                let id = try await store.put(newJob("x"))[0]
                let worker = Worker(store, options: testOptions { $0.drain = true }) {
                    Handler(raw: "x") { _, context in
                        var options = EnqueueOptions()
                        options.id = taken.id
                        try context.follow(with: Child(n: 7), options: options)
                        return nil
                    }
                }
                let events = worker.stream()
                try await worker.run()
                let reason = "id \(taken.id) is taken by a different job"
                let record = try await store.record(id)
                #expect(record.state == .completed)
                #expect(record.errors.map(\.message) == ["follow-up \(taken.id) was not stored: \(reason)"])
                var seen: [WorkerEvent] = []
                for await event in events { seen.append(event) }
                #expect(seen.contains(.followUpRefused(id, taken.id, reason)))
            }
        }
    }

    @Test func moreFollowUpsThanCanBeStoredAtOnceFailTheAttempt() async throws {
        let store = memoryStore(lease: .seconds(20))
        let record = try await run(store) { context in
            for n in 0...1000 { try context.follow(with: Child(n: n)) }
        }
        #expect(record.state == .retryable)
        #expect(record.errors.first?.message.contains("at most 1000 follow-ups") == true)
        #expect(try await children(store).isEmpty)
    }

    @Test func aChildThatMeetsItsKeyIsTheHolder() async throws {
        let store = memoryStore(lease: .seconds(20))
        let holder = newJob("child") { $0.unique = UniqueRule(key: "k") }
        _ = try await store.enqueue([holder])
        let found = Box<[JobID]>([])
        _ = try await run(store) { context in
            var options = EnqueueOptions()
            options.unique = .key("k")
            let id = try await context.enqueue(Child(n: 1), options: options)
            found.change { $0.append(id) }
        }
        #expect(found.value == [holder.id])
    }
}
