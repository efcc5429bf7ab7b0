// Programs as handlers: what they learn about their job, where their output goes, and what their exit means.
import OffstageCore
import OffstageMemory
import OffstagePrograms
import OffstageWorker
import Synchronization
import Testing

@Suite("A program as a handler", .timeLimit(.minutes(1)))
struct HandlerTests {
    private func perform(
        _ line: String, services: FakeServices = FakeServices(), change: (inout ReservedJob) -> Void = { _ in }
    ) async throws -> Outcome {
        let token = Token(
            job: JobID(high: 1, low: 2), attempt: 3, worker: WorkerID(bits: 4), counter: 5, locator: 6)
        var job = ReservedJob(
            token: token, type: "image.thumbnail", queue: "images",
            arguments: Array("{\"width\":320}".utf8), priority: 4, maxAttempts: 7,
            enqueuedAt: Timestamp(microseconds: 0), runAt: Timestamp(microseconds: 0))
        change(&job)
        let handler = ProgramHandler(type: job.type, program: try program(line), store: "sqlite:jobs.db")
        return try await handler.perform(in: JobContext(job: job, services: services))
    }

    private func text(_ outcome: Outcome) -> String? {
        guard case .returned(let result?, _) = outcome else { return nil }
        return String(decoding: result, as: UTF8.self)
    }

    @Test("receives its job")
    func environment() async throws {
        let line = """
            cat; for v in ID TYPE QUEUE ATTEMPT MAX_ATTEMPTS META CHECKPOINT TOKEN; do
            eval "echo \\"\\$OFFSTAGE_JOB_$v\\""; done; echo "$OFFSTAGE_STORE $OFFSTAGE_PROGRESS_FD"
            """
        let outcome = try await perform(line) { job in
            job.metadata = ["tenant": "a\"b", "locale": "de"]
            job.checkpoint = Array("{\"page\":2}".utf8)
        }
        let id = "00000000-0000-0001-0000-000000000002"
        let expected = [
            "{\"width\":320}", id, "image.thumbnail", "images", "3", "7", "{\"locale\":\"de\",\"tenant\":\"a\\\"b\"}",
            "{\"page\":2}", "\(id).3.0000000000000004.5", "sqlite:jobs.db 3",
        ]
        let json = try JSON.parse(try #require(text(outcome)))
        #expect(json.stringValue?.split(separator: "\n").map(String.init) == expected)
    }

    @Test("completes with its output when it exits with 0")
    func completes() async throws {
        #expect(text(try await perform("echo '{\"made\": 3}'")) == "{\"made\": 3}")
        #expect(text(try await perform("echo made three")) == "\"made three\"")
        #expect(try await perform(":") == .returned(result: nil, truncated: false))
    }

    @Test("whose output is cut reports that")
    func truncated() async throws {
        guard case .returned(let result?, let truncated) = try await perform("yes | head -c 1000000") else {
            Issue.record("no result")
            return
        }
        #expect(truncated)
        #expect(result.count <= Limits().resultBytes)
        #expect(throws: Never.self) { try JSON.validate(result) }
    }

    @Test("fails, asks for another attempt, or discards its job by its exit status")
    func statuses() async throws {
        #expect(try await perform("echo bad >&2; exit 3") == .failed(Failure(.failed, "exit status 3: bad")))
        #expect(try await perform("echo busy >&2; exit 75") == .failed(Failure(.retry, "exit status 75: busy")))
        #expect(try await perform("exit 65") == .discarded(Failure(.discard, "exit status 65")))
        #expect(try await perform("kill -11 $$") == .failed(Failure(.failed, "killed by signal 11 (SEGV)")))
    }

    @Test("chooses the time of its next attempt, if it exits with 75")
    func retries() async throws {
        let failure = Failure(.retry, "exit status 75: busy")
        #expect(
            try await perform("echo retry 1h >&3; echo retry 90s >&3; echo busy >&2; exit 75")
                == .retryAt(.after(.seconds(90)), failure))
        #expect(try await perform("echo retry soon >&3; echo busy >&2; exit 75") == .failed(failure))
        #expect(try await perform("echo retry 90s >&3; exit 1") == .failed(Failure(.failed, "exit status 1")))
        #expect(try await perform("echo retry 90s >&3") == .returned(result: nil, truncated: false))
    }

    @Test("that reports constantly makes few notes, and the newest is on the record when it ends")
    func manyReports() async throws {
        let services = FakeServices()
        let line = """
            i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo "progress 0.5 $i" >&3
            echo "checkpoint $i" >&3; done
            """
        let begun = SystemTime().monotonicMicroseconds()
        _ = try await perform(line, services: services)
        let rounds = (SystemTime().monotonicMicroseconds() - begun) / 100_000 + 2
        // At most one note of each kind in 100 ms.
        #expect(services.notes.count <= 2 * Int(rounds))
        #expect(services.notes.suffix(2).contains(.progress(Progress(fraction: 0.5, note: "3000"))))
        #expect(services.notes.suffix(2).contains(.checkpoint(Array("3000".utf8))))
    }

    @Test(
        "whose shell could start nothing has not been tried",
        arguments: [
            "echo sh: 1: Cannot fork >&2; exit 2", "echo sh: fork: Resource temporarily unavailable >&2; exit 254",
        ])
    func shellWithoutFork(line: String) async throws {
        let services = FakeServices()
        #expect(try await perform(line, services: services) == .interrupted)
        #expect(services.refusals.count == 1)
        let other = try await perform("echo begun; " + line, services: services)
        guard case .failed = other else { return #expect(Bool(false)) }
        #expect(services.refusals.count == 1)
    }

    @Test("snoozes only if it exits with 0")
    func snoozes() async throws {
        #expect(try await perform("echo snooze 30s >&3") == .snoozed(.after(.seconds(30))))
        #expect(try await perform("echo snooze 30s >&3; exit 1") == .failed(Failure(.failed, "exit status 1")))
    }

    @Test("has its progress, its checkpoints and its standard error passed on")
    func events() async throws {
        let services = FakeServices()
        let line = "echo progress 0.5 half >&3; echo 'checkpoint [1]' >&3; echo what >&3; echo hello >&2"
        _ = try await perform(line, services: services)
        #expect(services.notes == [.progress(Progress(fraction: 0.5, note: "half")), .checkpoint(Array("[1]".utf8))])
        #expect(services.kept.lines.contains("info hello"))
        #expect(services.kept.lines.contains { $0.hasPrefix("warning descriptor 3: \"what\"") })
    }

    @Test("does not fail if a store refuses its reports")
    func storeFails() async throws {
        let services = FakeServices(fails: true)
        #expect(text(try await perform("echo progress 0.5 >&3; echo done", services: services)) == "\"done\"")
        #expect(services.kept.lines.count == 1)
    }

    @Test("that was stopped does not complete its job, even if it exits with 0")
    func stopped() async throws {
        let services = FakeServices()
        let task = Task {
            try await perform("trap 'exit 0' TERM; echo ready >&2; while :; do sleep 0.05; done", services: services)
        }
        await eventually { services.kept.lines.contains("info ready") }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("is refused before any job is reserved if it cannot be started, or if its type has two")
    func refused() throws {
        func complaint(_ lines: String...) -> String? {
            do {
                let registrations = try lines.map { try ProgramRegistration(parsing: $0) }
                let handlers = try ProgramHandlers.make(registrations, environment: testEnvironment, store: nil)
                #expect(handlers.map(\.name) == registrations.map(\.type))
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(complaint("a=ls", "b=cat") == nil)
        #expect(complaint("a=ls", "a=cat") == "type \"a\" has two handlers")
        #expect(complaint("a=./none") == "the handler of \"a\" cannot be started: \"./none\" does not exist")
    }

    @Test("keeps the end of a long message, which stays within the limit")
    func longMessage() async throws {
        let outcome = try await perform("yes words | head -c 10000 >&2; echo the end >&2; exit 200")
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.message.hasPrefix("exit status 200: "))
        #expect(failure.message.hasSuffix("the end"))
        #expect(failure.message.utf8.count <= Limits.errorMessageBytes)
    }
}

/// Replaces a worker: collects what is noted and logged.
private final class FakeServices: JobServices {
    let kept = KeptLog()
    let store: any JobSink = MemoryStore(options: StoreOptions())
    private let fails: Bool
    private let state = Mutex<[JobNote.Kind]>([])
    private let refused = Mutex<[String]>([])

    init(fails: Bool = false) { self.fails = fails }

    var notes: [JobNote.Kind] { state.withLock { $0 } }
    var refusals: [String] { refused.withLock { $0 } }
    var log: any Log { kept }

    func note(_ note: JobNote) async throws {
        if fails { throw LeaseLost() }
        state.withLock { $0.append(note.kind) }
    }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] { [] }
    func follow(with job: NewJob, token: Token) throws {}
    func takeFollowUps(of token: Token) -> [NewJob] { [] }
    func pass(_ followUps: [NewJob], of token: Token) async throws -> [NewJob] { followUps }
    var limits: Limits { Limits() }
    func couldNotStart(_ reason: String, token: Token) { refused.withLock { $0.append(reason) } }
    func makeID() -> JobID { JobID(high: 0, low: 0) }
    var now: Timestamp { Timestamp(microseconds: 0) }
}

private final class KeptLog: Log {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }

    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        state.withLock { $0.append("\(level.name) \(message)") }
    }
}
