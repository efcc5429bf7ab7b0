// What every test of the monitor uses: a store of either kind on a simulated clock, and helpers that enqueue and work.
import Foundation
import OffstageCore
import OffstageMemory
import OffstageMonitor
import OffstageSQLite
import Synchronization
import Testing

enum StoreKind: CaseIterable, Sendable {
    case memory, sqlite
}

/// A clock on which the monitor's sleeps take no time and advance the clock instead.
final class TurnedTime: TimeSource {
    private struct State {
        var elapsed: Int64 = 0
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())
    let bootID = "boot"
    static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    func now() -> Timestamp { Self.start + .microseconds(monotonicMicroseconds()) }
    func monotonicMicroseconds() -> Int64 { state.withLock { $0.elapsed } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }
    func turn(by duration: Duration) { state.withLock { $0.elapsed += duration.microseconds } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.elapsed += duration.microseconds
            $0.sleeps.append(duration)
        }
        await Task.yield()
    }
}

/// The same clock for a store. The store's background tasks sleep in real time and do not advance the clock.
struct StoreTime: TimeSource {
    let time: TurnedTime
    var bootID: String { time.bootID }
    func now() -> Timestamp { time.now() }
    func monotonicMicroseconds() -> Int64 { time.monotonicMicroseconds() }
    func sleep(for duration: Duration) async throws { try await SystemTime().sleep(for: duration) }
}

/// Counts the leases of all workers of a stage.
private final class Leases: Sendable {
    private let last = Mutex(UInt64(0))

    func take(_ count: Int) -> UInt64 {
        last.withLock { last in
            defer { last += UInt64(count) }
            return last + 1
        }
    }
}

struct Stage: Sendable {
    /// Lets time pass while another worker uses the store, so that leases expire.
    func pass(_ duration: Duration) async throws {
        var left = duration
        while left > .zero {
            let step = min(left, .seconds(5))
            time.turn(by: step)
            left -= step
            _ = try await store.renew(RenewRequest(worker: WorkerID(bits: 0xe), tokens: [], grantedBefore: 0))
        }
    }

    let time: TurnedTime
    let store: any Store
    let monitor: Monitor
    private let leases = Leases()
    private let ids: JobIDSource

    private init(time: TurnedTime, store: any Store) {
        self.time = time
        self.store = store
        monitor = Monitor(store, time: time)
        ids = JobIDSource(time: time, random: SeededRandom(seed: 3))
    }

    /// Runs a test on a new store of the given kind, and removes the store.
    static func on(_ kind: StoreKind, _ test: (Stage) async throws -> Void) async throws {
        let time = TurnedTime()
        var options = StoreOptions()
        options.time = StoreTime(time: time)
        options.log = SilentLog()
        switch kind {
        case .memory:
            try await test(Stage(time: time, store: MemoryStore(options: options)))
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appending(path: "monitor-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let store = try await SQLiteStore.open(folder.appending(path: "jobs.db").path, options: options)
            let result: (any Error)?
            do {
                try await test(Stage(time: time, store: store))
                result = nil
            } catch {
                result = error
            }
            await store.close()
            if let result { throw result }
        }
    }

    /// Enqueues a job after `twist` has modified it.
    @discardableResult
    func enqueue(_ type: String = "mail", _ twist: (inout NewJob) -> Void = { _ in }) async throws -> JobID {
        var job = NewJob(id: ids.next(), type: type, arguments: Array("{}".utf8))
        twist(&job)
        let answer = try await store.enqueue([job])[0]
        guard case .stored = answer else {
            Issue.record("\(answer)")
            return job.id
        }
        return job.id
    }

    /// Enqueues `count` jobs, each modified by `twist`.
    @discardableResult
    func enqueue(_ count: Int, _ type: String = "mail", _ twist: (Int, inout NewJob) -> Void = { _, _ in })
        async throws -> [JobID]
    {
        let jobs = ids.next(count).enumerated().map { index, id in
            var job = NewJob(id: id, type: type, arguments: Array("{}".utf8))
            twist(index, &job)
            return job
        }
        for batch in jobs.batches { _ = try await store.enqueue(Array(batch)) }
        return jobs.map(\.id)
    }

    /// Sends a worker's heartbeat.
    func beat(
        _ worker: UInt64 = 1, types: [String] = ["mail"], queues: [String]? = nil, concurrency: Int = 2,
        isQuiet: Bool = false
    ) async throws {
        let status = WorkerStatus(
            id: WorkerID(bits: worker), host: "box", pid: Int(worker), startedAt: TurnedTime.start, queues: queues,
            types: types, concurrency: concurrency, isQuiet: isQuiet)
        _ = try await store.heartbeat(status)
    }

    /// Reserves jobs, and starts some of them.
    func reserve(_ worker: UInt64 = 1, types: Set<String> = ["mail"], limit: Int = 1, starting: Int = 1)
        async throws -> [ReservedJob]
    {
        let request = ReserveRequest(
            worker: WorkerID(bits: worker), selection: WorkSelection(queues: nil, types: types), limit: limit,
            startNow: starting, holding: 0, firstCounter: leases.take(limit))
        return try await store.reserve(request).jobs
    }

    /// Settles reserved jobs.
    func settle(
        _ jobs: [ReservedJob], _ outcome: Outcome, policy: RetryPolicy = .never, ran: Int64 = 1000
    ) async throws {
        var random: any RandomSource = SeededRandom(seed: 1)
        let settlements = jobs.map {
            Settlement.of(outcome, job: $0, policy: policy, ranMicroseconds: ran, random: &random)
        }
        for batch in settlements.batches {
            #expect(try await store.settle(Array(batch)).allSatisfy { $0 == .accepted })
        }
    }

    func record(_ id: JobID) async throws -> JobRecord { try #require(try await monitor.find(id)) }
    func why(_ id: JobID) async throws -> Why { try #require(try await monitor.why(id)) }
}

extension Outcome {
    static let done = Outcome.returned(result: nil, truncated: false)
}
