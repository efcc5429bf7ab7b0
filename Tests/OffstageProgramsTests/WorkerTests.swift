// The whole path: a worker whose handlers are programs, over a store in memory, and the records afterwards.
import Offstage
import OffstageCore
import OffstageMemory
import OffstagePrograms
import OffstageWorker
import Testing

@Suite("A worker with programs", .timeLimit(.minutes(1)))
struct WorkerTests {
    private let store = MemoryStore()
    private let id = JobID(high: 7 << 48 | 0x7000, low: 1 << 63 | 9)
    private let recorder = Recorder()

    /// Enqueues one job of type "t", works it with a program until it ends, and returns its record.
    private func work(
        _ line: String, change: (inout NewJob) -> Void = { _ in }, meanwhile: (Worker) async throws -> Void = { _ in }
    ) async throws -> JobRecord {
        var job = NewJob(id: id, type: "t", arguments: Array("{\"n\":1}".utf8))
        job.maxAttempts = 1
        change(&job)
        _ = try await store.enqueue([job])
        var options = WorkerOptions()
        options.handlesSignals = false
        options.drain = true
        options.heartbeat = .milliseconds(500)
        options.log = RecorderLog(recorder: recorder)
        let handlers = try ProgramHandlers.make(
            [ProgramRegistration(parsing: "t=\(line)")], environment: testEnvironment, store: "memory:",
            grace: .milliseconds(300))
        let worker = Worker(store, grace: .milliseconds(50), options: options, handlers: handlers)
        let run = Task { try await worker.run() }
        try await meanwhile(worker)
        try await run.value
        return try #require(try await store.find([id]).first ?? nil)
    }

    @Test("completes a job with the program's result, progress and checkpoint")
    func completes() async throws {
        let record = try await work("echo progress 0.5 half >&3; echo 'checkpoint {\"p\":1}' >&3; cat")
        #expect(record.state == .completed)
        #expect(record.result == Array("{\"n\":1}".utf8))
        #expect(record.progress == Progress(fraction: 0.5, note: "half"))
        #expect(record.checkpoint == nil, "a completed job gives it up")
    }

    @Test("discards at 65 though attempts are left")
    func discards() async throws {
        let discarded = try await work("echo broken >&2; exit 65", change: { $0.maxAttempts = 5 })
        #expect(discarded.state == .discarded)
        #expect(discarded.errors.map(\.kind) == [.discard])
        #expect(discarded.errors.first?.message == "exit status 65: broken")
    }

    @Test("reports a failure by its kind")
    func failures() async throws {
        let record = try await work("exit 75")
        #expect(record.state == .discarded)
        #expect(record.errors.map(\.kind) == [.retry])
    }

    @Test("stops a program at the job's time-out, with its children")
    func timeout() async throws {
        let record = try await work(
            "sleep 300 & echo child $! >&2; wait", change: { $0.timeout = .milliseconds(500) })
        #expect(record.errors.map(\.kind) == [.timeout])
        let child = try #require(await recorder.number(after: "child"))
        #expect(!isAlive(child))
    }

    @Test("stops a program whose job is cancelled from elsewhere, with its children, and records it as cancelled")
    func cancel() async throws {
        let record = try await work(
            "trap '' TERM; sleep 300 & echo child $! >&2; while :; do sleep 300; done",
            meanwhile: { _ in
                _ = try #require(await recorder.number(after: "child"))
                _ = try await store.change(ChangeRequest(.cancel, .ids([id])))
            })
        #expect(record.state == .cancelled)
        let child = try #require(await recorder.number(after: "child"))
        #expect(!isAlive(child))
    }

    @Test("that stops hands the job back without using up an attempt, and leaves no program behind")
    func shutdown() async throws {
        let record = try await work(
            "trap 'exit 0' TERM; sleep 300 & echo child $! >&2; wait",
            meanwhile: { worker in
                _ = try #require(await recorder.number(after: "child"))
                worker.shutdown()
            })
        #expect(record.state == .available)
        #expect(record.attempt == 1)
        #expect(record.errors.isEmpty)
        // On a very busy machine, a job may also be handed back before its start.
        #expect(record.interruptions >= 1)
        let child = try #require(await recorder.number(after: "child"))
        #expect(!isAlive(child))
    }
}

/// Passes log lines to the place where the tests look for a program's standard error.
private struct RecorderLog: Log {
    let recorder: Recorder

    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        recorder.take(.errorLine(message))
    }
}
