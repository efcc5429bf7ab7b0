// What most tests of the worker need: a store, jobs in it, a running worker, and a bounded wait for a condition.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Synchronization
import Testing

/// Collects log lines.
final class CollectingLog: Log {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        let line = "\(level.name) \(message) " + facts.map { "\($0)=\($1)" }.joined(separator: " ")
        kept.withLock { $0.append(line) }
    }
}

/// A value under a lock, for handlers to write to.
final class Box<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>
    init(_ value: Value) { kept = Mutex(value) }
    var value: Value { kept.withLock { $0 } }
    func change<Answer: Sendable>(_ change: (inout Value) -> Answer) -> Answer { kept.withLock { change(&$0) } }
}

let ids = JobIDSource()

/// A job with JSON arguments.
func newJob(_ type: String, _ arguments: String = "{}", _ change: (inout NewJob) -> Void = { _ in }) -> NewJob {
    var job = NewJob(id: ids.next(), type: type, arguments: Array(arguments.utf8))
    change(&job)
    return job
}

/// A memory store whose leases last a second.
func memoryStore(lease: Duration = .seconds(1)) -> MemoryStore {
    var options = StoreOptions()
    options.lease = lease
    options.log = SilentLog()
    return MemoryStore(options: options)
}

/// Options for tests: no signals, short times, a quiet log.
func testOptions(_ change: (inout WorkerOptions) -> Void = { _ in }) -> WorkerOptions {
    var options = WorkerOptions()
    options.handlesSignals = false
    options.log = CollectingLog()
    options.patience = .milliseconds(500)
    options.slowPoll = .milliseconds(200)
    options.upkeep = .milliseconds(50)
    options.backoff = .milliseconds(2)...(.milliseconds(20))
    options.suspectPatience = .milliseconds(20)...(.milliseconds(60))
    change(&options)
    return options
}

struct TimedOut: Error {}

/// Waits until a condition holds, for 10 s at most.
func eventually(
    _ what: Comment, within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let time = SystemTime()
    let end = time.monotonicMicroseconds() + limit.microseconds
    while try await !condition() {
        guard time.monotonicMicroseconds() < end else {
            Issue.record(what, sourceLocation: sourceLocation)
            throw TimedOut()
        }
        try await time.sleep(for: .milliseconds(2))
    }
}

/// Runs a worker. Runs a body once `jobs` handlers have started, then stops the worker. Throws what `run` threw.
func running(_ worker: Worker, started jobs: Int = 0, _ body: () async throws -> Void) async throws {
    let run = jobs > 0 ? await start(worker, jobs: jobs) : Task { try await worker.run() }
    do {
        try await body()
    } catch {
        worker.stopNow()
        try? await run.value
        throw error
    }
    worker.shutdown()
    try await run.value
}

/// Starts a worker. Returns when `jobs` handlers have started.
func start(_ worker: Worker, jobs: Int = 1) async -> Task<Void, any Error> {
    let events = worker.stream()
    let run = Task { try await worker.run() }
    var started = 0
    for await event in events {
        if case .started = event { started += 1 }
        if started == jobs { break }
    }
    return run
}

extension Store {
    /// Enqueues jobs and returns their identifiers.
    func put(_ jobs: NewJob...) async throws -> [JobID] {
        _ = try await enqueue(jobs)
        return jobs.map(\.id)
    }

    func record(_ id: JobID) async throws -> JobRecord { try #require(try await find([id])[0]) }

    func state(_ id: JobID) async throws -> JobState? { try await find([id])[0]?.state }
}
