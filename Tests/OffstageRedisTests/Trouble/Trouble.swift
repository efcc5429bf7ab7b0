// What the tests of this folder share: a store with little patience, jobs, a `Hand` that reserves and settles like a
// worker, and the two requirements on every error: one line, and in time.
import Foundation
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

enum Trouble {
    static let ids = JobIDSource()

    static func options(patience: Duration = .seconds(1), lease: Duration = .seconds(20)) -> StoreOptions {
        var options = StoreOptions()
        options.patience = patience
        options.lease = lease
        options.log = SilentLog()
        return options
    }

    static func store(
        _ url: String, patience: Duration = .seconds(10), lease: Duration = .seconds(20)
    ) async throws -> RedisStore {
        try await RedisStore.open(url, options: options(patience: patience, lease: lease))
    }

    static func job(_ type: String = "work", _ edit: (inout NewJob) -> Void = { _ in }) -> NewJob {
        var job = NewJob(id: ids.next(), type: type, arguments: Array("{}".utf8))
        edit(&job)
        return job
    }

    static func end(_ job: ReservedJob, _ outcome: Outcome = .returned(result: nil, truncated: false)) -> Settlement {
        var random: any RandomSource = SeededRandom(seed: 1)
        return Settlement.of(
            outcome, job: job, policy: .constant(.seconds(60)), ranMicroseconds: 1000, random: &random)
    }

    /// The error of a call, its text, and how long the call took.
    static func failure(
        _ body: () async throws -> Void
    ) async -> (error: StoreError?, line: String, took: Duration) {
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        let error = await storeError(body)
        let took = Duration.microseconds(clock.monotonicMicroseconds() - begun)
        return (error, error?.description ?? "it did not fail", took)
    }

    static func workerOptions() -> WorkerOptions {
        var options = WorkerOptions()
        options.handlesSignals = false
        options.log = SilentLog()
        options.patience = .milliseconds(500)
        options.slowPoll = .seconds(60)
        options.backoff = .milliseconds(20)...(.milliseconds(200))
        return options
    }

    /// Runs a worker while a body runs, then stops the worker.
    static func running(_ worker: Worker, _ body: () async throws -> Void) async throws {
        let run = Task { try await worker.run() }
        do {
            try await body()
        } catch {
            worker.stopNow()
            _ = await run.result
            throw error
        }
        worker.shutdown()
        try await run.value
    }
}

/// Reserves and settles as a worker does.
final class Hand: Sendable {
    let id: WorkerID
    private let counter = Atomic<UInt64>(1)

    init() {
        var random = SystemRandom()
        id = WorkerID(bits: random.next())
    }

    /// A request for jobs, with counters that were not used before.
    func wish(_ limit: Int = 1, types: Set<String> = ["work"], startNow: Int? = nil) -> ReserveRequest {
        let next = counter.add(UInt64(limit), ordering: .relaxed).oldValue
        return ReserveRequest(
            worker: id, selection: WorkSelection(queues: nil, types: types), limit: limit,
            startNow: startNow ?? limit, holding: 0, firstCounter: next)
    }

    func take(_ limit: Int = 1, from store: any Store, types: Set<String> = ["work"]) async throws -> [ReservedJob] {
        try await store.reserve(wish(limit, types: types)).jobs
    }

    func takeOne(from store: any Store) async throws -> ReservedJob {
        try #require(try await take(from: store).first)
    }

    /// Reserves and completes until nothing is left. Returns the completed jobs.
    func drain(_ store: any Store, types: Set<String> = ["work"]) async throws -> [JobID] {
        var done: [JobID] = []
        while true {
            let jobs = try await take(100, from: store, types: types)
            guard !jobs.isEmpty else { return done }
            let answers = try await store.settle(jobs.map { Trouble.end($0) })
            #expect(answers.allSatisfy { $0 == .accepted })
            done += jobs.map(\.id)
        }
    }
}

extension Store {
    /// Enqueues one job.
    func put(_ job: NewJob = Trouble.job()) async throws -> EnqueueAnswer { try await enqueue([job])[0] }

    func state(_ id: JobID) async throws -> JobState? { try await find([id])[0]?.state }
}

extension RedisServer {
    /// How often a command was called since the statistics were reset.
    func calls(of command: String) async throws -> Int {
        let words = try await probe.info("commandstats")["cmdstat_\(command)"] ?? "calls=0,"
        return Int(words.dropFirst("calls=".count).prefix { $0.isNumber }) ?? 0
    }

    /// The integer reply of a command.
    func number(_ words: String...) async throws -> Int? {
        try await probe.command(words: words.map { Array($0.utf8) }).number
    }
}
