// Every way in which a handler can end, and the resulting record.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Testing

@Suite(.timeLimit(.minutes(1))) struct OutcomeTests {
    /// Runs one job with one handler until it no longer waits or runs, or waits for a later time.
    static func record(
        of job: NewJob, middleware: [any ExecuteMiddleware] = [], options: WorkerOptions = testOptions(),
        _ handler: Handler
    ) async throws -> JobRecord {
        let store = memoryStore()
        let id = try await store.put(job)[0]
        let worker = Worker(store, middleware: middleware, options: options) { handler }
        try await running(worker) {
            try await eventually("the job has ended") {
                let record = try await store.record(id)
                return record.state.isEnded || record.state == .retryable || record.state == .scheduled
            }
        }
        return try await store.record(id)
    }

    @Test func returnedValueIsKeptAsJSON() async throws {
        let record = try await Self.record(
            of: newJob("add", "[1,2]"), Handler("add") { (n: [Int], _) in n.reduce(0, +) })
        #expect(record.state == .completed)
        #expect(record.result == Array("3".utf8))
        #expect(record.attempt == 1)
        #expect(record.finishedAt != nil && record.attemptedAt != nil)
    }

    @Test func nothingReturnedIsNull() async throws {
        let record = try await Self.record(of: newJob("x"), Handler("x") { (_: [String: Int], _) in })
        #expect(record.state == .completed)
        #expect(record.result == nil && !record.resultTruncated)
    }

    @Test func rawBytesAreKeptAsTheyAre() async throws {
        let record = try await Self.record(of: newJob("x", "[ 1 ]"), Handler(raw: "x") { job, _ in job.arguments })
        #expect(record.result == Array("[ 1 ]".utf8))
    }

    @Test(arguments: [true, false])
    func resultOverTheLimitIsNotKept(raw: Bool) async throws {
        let long = String(repeating: "a", count: 70_000)
        let handler =
            raw
            ? Handler(raw: "x") { _, _ in Array("\"\(long)\"".utf8) }
            : Handler("x") { (_: [String: Int], _) in long }
        let record = try await Self.record(of: newJob("x"), handler)
        #expect(record.state == .completed)
        #expect(record.result == nil && record.resultTruncated)
    }

    struct Broken: Error {}
    enum Kind: Error, CustomStringConvertible {
        case lost
        var description: String { "the printer is lost" }
    }

    @Test func thrownErrorFailsTheAttempt() async throws {
        let record = try await Self.record(of: newJob("x"), Handler(raw: "x") { _, _ in throw Kind.lost })
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.kind) == [.failed])
        #expect(record.errors.map(\.message) == ["the printer is lost"])
        #expect(record.errors.map(\.attempt) == [1])
    }

    @Test func errorWithoutDescriptionIsNamed() async throws {
        let record = try await Self.record(of: newJob("x"), Handler(raw: "x") { _, _ in throw Broken() })
        #expect(record.errors.first?.message.hasSuffix("OutcomeTests.Broken()") == true)
    }

    @Test func lastAttemptIsDiscarded() async throws {
        let record = try await Self.record(
            of: newJob("x") { $0.maxAttempts = 1 }, Handler(raw: "x") { _, _ in throw Broken() })
        #expect(record.state == .discarded)
    }

    @Test func failsUntilAttemptsAreUsedUp() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x") { $0.maxAttempts = 3 })[0]
        let seen = Box<[Int]>([])
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "x", retry: .constant(.milliseconds(5))) { _, context in
                seen.change { $0.append(context.attempt) }
                throw Broken()
            }
        }
        try await running(worker) {
            try await eventually("discarded") { try await store.state(id) == .discarded }
        }
        #expect(seen.value == [1, 2, 3])
        #expect(try await store.record(id).errors.count == 3)
    }

    @Test func discardEndsAtOnce() async throws {
        let record = try await Self.record(of: newJob("x"), Handler(raw: "x") { _, _ in throw Discard("no such user") })
        #expect(record.state == .discarded)
        #expect(record.errors.map(\.kind) == [.discard])
        #expect(record.errors.map(\.message) == ["no such user"])
    }

    @Test func retryAtNamesItsTime() async throws {
        let record = try await Self.record(
            of: newJob("x"), Handler(raw: "x") { _, _ in throw RetryAt(.after(.seconds(100)), "later") })
        #expect(record.state == .retryable)
        #expect(record.runAt > record.enqueuedAt + .seconds(90))
        #expect(record.errors.map(\.kind) == [.retry])
    }

    @Test func snoozeCostsNoAttempt() async throws {
        let record = try await Self.record(
            of: newJob("x"), Handler(raw: "x") { _, _ in throw Snooze(for: .seconds(60)) })
        #expect(record.state == .scheduled)
        #expect(record.interruptions == 1 && record.errors.isEmpty)
        #expect(record.attempt == 1)
    }

    @Test func unfitArgumentsFailWithAClearMessage() async throws {
        struct Mail: Codable { var to: String }
        let record = try await Self.record(of: newJob("x", #"{"from":1}"#), Handler("x") { (_: Mail, _) in })
        #expect(record.state == .retryable)
        #expect(record.errors.first?.message == #"the arguments do not fit x: the value lacks "to""#)
    }

    @Test(arguments: [
        ("[1,1.5]", "[1]: 1.5 is not a whole number"), ("[1e40]", "[0]: 1e40 is out of the range of its type"),
        ("[1", "not JSON that can be read: line 1, column 3: ends where ',' or ']' was expected"),
    ])
    func numbersThatDoNotFitAreNamed(arguments: String, reason: String) async throws {
        let record = try await Self.record(of: newJob("x", arguments), Handler("x") { (_: [Int], _) in })
        let message = try #require(record.errors.first?.message)
        #expect(message.hasPrefix("the arguments do not fit x: ") && message.contains(reason), "\(message)")
    }

    @Test func aSnoozeInNanosecondsIsAFailure() async throws {
        let record = try await Self.record(
            of: newJob("x"),
            Handler("x") { (_: [String: Int], _) in
                throw Snooze(until: Timestamp(microseconds: 1_800_000_000_000_000_000))
            })
        #expect(record.state == .retryable)
        #expect(record.errors.first?.message.contains("counted in nanoseconds") == true)
    }

    @Test func aResultThatIsNestedTooDeeplyFailsTheAttempt() async throws {
        struct Nested: Encodable, Sendable {
            var depth: Int
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                if depth > 1 { try list.encode(Nested(depth: depth - 1)) }
            }
        }
        for (depth, state) in [(128, JobState.completed), (129, .retryable)] {
            let record = try await Self.record(
                of: newJob("x"), Handler("x") { (_: [String: Int], _) in Nested(depth: depth) })
            #expect(record.state == state, "\(depth): \(record.errors)")
        }
    }

    @Test func outcomesOfProgramsPassThrough() async throws {
        let record = try await Self.record(
            of: newJob("x"), Handler(outcomes: "x") { _ in .failed(Failure(.retry, "exit status 75")) })
        #expect(record.state == .retryable)
        #expect(record.errors.map(\.kind) == [.retry])
    }

    struct Renaming: ExecuteMiddleware {
        let name: String
        let seen: Box<[String]>
        func execute(
            _ context: JobContext, next: @Sendable (JobContext) async throws -> JobResult
        ) async throws -> JobResult {
            seen.change { $0.append("\(name) in") }
            defer { seen.change { $0.append("\(name) out") } }
            return try await next(context)
        }
    }

    @Test func middlewareStandsAroundTheHandlerInOrder() async throws {
        let seen = Box<[String]>([])
        let record = try await Self.record(
            of: newJob("x"), middleware: [Renaming(name: "a", seen: seen), Renaming(name: "b", seen: seen)],
            Handler(raw: "x") { _, _ in
                seen.change { $0.append("handler") }
                return nil
            })
        #expect(record.state == .completed)
        #expect(seen.value == ["a in", "b in", "handler", "b out", "a out"])
    }
}
