// A queue for the tests of an app: in memory, on a clock that is set manually. The code under test gets its enqueuer.
// The test reads what was enqueued, runs what is due in this process with the app's own handlers, and advances the
// clock to see what happens later. Nothing runs by itself, so a test controls exactly when each job runs.
public import OffstageCore
public import OffstageEnqueuer
import OffstageMemory
public import OffstageWorker

/// A queue in memory whose jobs run when a test runs them.
public final class TestQueue: Sendable {
    /// When jobs run.
    public enum Mode: Sendable, Hashable {
        /// When the test calls `drain`.
        case manual
        /// Inside `enqueue`, before it returns, if the job is due; a job that fails makes `enqueue` throw JobDidFail.
        case inline
    }

    /// The clock that the queue, its enqueuer and its workers use.
    public let time: ManualTime
    /// The store behind the enqueuer.
    public let store: any Store
    /// The enqueuer for the code under test.
    public let enqueuer: Enqueuer
    private let runner: TestRunner

    /// Creates an empty queue. `handlers` run its jobs, and all jobs pass through `middleware`.
    public convenience init(
        mode: Mode = .manual, middleware: [any EnqueueMiddleware] = [],
        @HandlerBuilder handlers: () -> [Handler] = { [] }
    ) {
        let time = ManualTime()
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        self.init(
            store: MemoryStore(options: options), time: time, mode: mode, middleware: middleware, handlers: handlers())
    }

    /// Creates a queue on your own store, which must have been opened with the same clock.
    public init(
        store: any Store, time: ManualTime, mode: Mode = .manual, middleware: [any EnqueueMiddleware] = [],
        handlers: [Handler]
    ) {
        self.store = store
        self.time = time
        runner = TestRunner(store: store, time: time, middleware: middleware, handlers: handlers)
        enqueuer = Enqueuer(
            store, middleware: (mode == .inline ? [InlineRun(runner: runner)] : []) + middleware, time: time,
            random: SeededRandom(seed: 1))
    }

    // MARK: Running

    /// Runs all due jobs whose type has a handler, and those they enqueue, until none is left. Returns what ran, in
    /// that order. Throws what the store throws.
    @discardableResult
    public func drain(queues: WorkerQueues = .all) async throws -> [JobRun] {
        try await runner.drain(queues: queues)
    }

    /// Lets time pass, and runs what becomes due at the moment it does: retries, delays, snoozes. Returns what ran, in
    /// that order.
    @discardableResult
    public func drain(for duration: Duration, queues: WorkerQueues = .all) async throws -> [JobRun] {
        var runs = try await drain(queues: queues)
        var left = duration
        while let next = try await nextDue(), next <= left {
            time.advance(by: next)
            left -= next
            runs += try await drain(queues: queues)
        }
        time.advance(by: left)
        return runs
    }

    /// Returns the time until the next job that waits for its time is due; nil if there is none.
    public func nextDue() async throws -> Duration? {
        var next: Timestamp?
        for state in [JobState.scheduled, .retryable] {
            for record in try await all(JobFilter(state: state)) where record.runAt > time.now() {
                next = min(next ?? record.runAt, record.runAt)
            }
        }
        return next.map { $0 - time.now() }
    }

    // MARK: Reading

    /// Returns the jobs of a type that were enqueued and are still kept, in any state, oldest first.
    public func enqueued<J: Job>(_ type: J.Type) async throws -> [EnqueuedJob<J>] {
        let rows = try await all(JobFilter(type: J.name)).reversed()
        var found: [EnqueuedJob<J>] = []
        for row in rows {
            guard let record = try await store.find([row.id])[0] else { continue }
            found.append(try EnqueuedJob(record))
        }
        return found
    }

    /// Returns the first job of a type that matches. Throws NotEnqueued, which states what was enqueued instead.
    @discardableResult
    public func requireEnqueued<J: Job>(
        _ type: J.Type, where fits: (J) -> Bool = { _ in true }
    ) async throws -> EnqueuedJob<J> {
        let candidates = try await enqueued(type)
        if let found = candidates.first(where: { fits($0.job) }) { return found }
        throw NotEnqueued(type: J.name, candidates: candidates.map(\.record), counts: try await store.counts())
    }

    /// Returns the record of a job; nil if there is none.
    public func record(_ id: JobID) async throws -> JobRecord? { try await store.find([id])[0] }

    private func all(_ filter: JobFilter) async throws -> [JobRecord] {
        var records: [JobRecord] = []
        var cursor: String?
        repeat {
            let page = try await store.list(filter, after: cursor, limit: Limits.batch)
            records += page.records
            cursor = page.next
        } while cursor != nil
        return records
    }
}
