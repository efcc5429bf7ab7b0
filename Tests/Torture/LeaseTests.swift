// Leases with real processes: a live worker keeps its long job however busy the store is, a killed one's job runs
// elsewhere soon, and one that is told to stop hands its jobs back as if nothing had been.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct LeaseTests {
    private func open(_ crew: Crew, lease: Duration) async throws -> SQLiteStore {
        var options = StoreOptions()
        options.lease = lease
        options.patience = .seconds(60)
        options.log = SilentLog()
        return try await SQLiteStore.open(crew.store, options: options)
    }

    private func record(_ store: SQLiteStore, _ number: Int) async throws -> JobRecord {
        try #require(try await store.find([TortureJobs.id(number)])[0])
    }

    @Test func threeSaturatingWritersDoNotCostALongJobItsLease() async throws {
        let isLong = Crew.isLong("saturating writers beside a long job")
        let lease = isLong ? 8000 : 4000
        let crew = try Crew(onDisk: isLong)
        defer { crew.end() }
        let store = try await open(crew, lease: .milliseconds(lease))
        _ = try await store.setPaused(true, queue: TortureJobs.parkedQueue)
        let worker = try crew.start(
            "work",
            [
                "lease": "\(lease)", "slow": "\(lease * (isLong ? 8 : 2))", "patience": "60000",
                "log": crew.folder.file("runs.log"),
            ])
        try await worker.hears("ready")
        let writers = try (0..<3).map { index in
            try crew.start(
                "writers", ["from": "\((index + 1) * 100_000_000)", "patience": "60000", "lease": "\(lease)"])
        }
        for writer in writers { try await writer.hears("wrote") }
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        try await worker.hears("started")
        let isOver = try await TestSignal.holds(within: .seconds(180)) { try await record(store, 1).state.isEnded }
        let job = try await record(store, 1)
        #expect(isOver)
        #expect(
            writers.allSatisfy { !$0.isOver },
            "a writer has ended: \(writers.map { $0.lines.suffix(1) + $0.log.suffix(3) })")
        #expect((job.state, job.attempt, job.crashes, job.interruptions) == (.completed, 1, 0, 0))
        for writer in writers {
            #expect(writer.lines.count > 10)
            writer.end()
        }
        let runs = try String(contentsOfFile: crew.folder.file("runs.log"), encoding: .utf8).split(separator: "\n")
        #expect(runs.count == 2, "it ran \(runs.count / 2) times")
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        await store.close()
    }

    @Test func aDeployCostsNothing() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await open(crew, lease: .seconds(20))
        let worker = try crew.start(
            "work",
            [
                "slow": "600000", "grace": "200", "concurrency": "4", "log": crew.folder.file("runs.log"),
                "scale": "10",
            ])
        try await worker.hears("ready")
        let numbers = Array(0..<12)
        for number in numbers { _ = try await store.enqueue([TortureJobs.job(number, kind: .slow)]) }
        let before = try await store.find(numbers.map { TortureJobs.id($0) })
        #expect(try await TestSignal.holds { try await store.counts().total(.running) >= 4 && worker.lines.count >= 5 })
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        try await worker.hears("stopped")
        // No lease has run out yet: they were handed back.
        let counts = try await store.counts()
        #expect((counts.total(.available), counts.total(.running)) == (12, 0))
        #expect(counts.staleRefused == 0)
        for (old, new) in zip(before, try await store.find(numbers.map { TortureJobs.id($0) })) {
            #expect(new?.runAt == old?.runAt)
            #expect(new?.crashes == 0)
            #expect(new?.errors.isEmpty == true)
        }
        // In their old place, with the attempt that they had.
        let given = try await store.reserve(
            ReserveRequest(
                worker: WorkerID(bits: 9), selection: WorkSelection(queues: nil, types: ["slow"]), limit: 20,
                startNow: 20,
                holding: 0, firstCounter: 1)
        ).jobs
        #expect(given.map(\.id) == numbers.map { TortureJobs.id($0) })
        #expect(given.allSatisfy { $0.token.attempt == 1 })
        await store.close()
    }

    @Test func aSecondSignalStopsAtOnce() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await open(crew, lease: .seconds(20))
        let worker = try crew.start("work", ["slow": "600000", "grace": "600000", "scale": "10"])
        try await worker.hears("ready")
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        try await worker.hears("started")
        worker.signal(SIGTERM)
        #expect(await TestSignal.holds(within: .seconds(30)) { worker.log.contains { $0.contains("SIGTERM") } })
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        let job = try await record(store, 1)
        // The handler's end came in time to be settled, or retiring handed the lease back: a matter of moments.
        #expect((job.state, job.attempt, job.crashes) == (.available, 1, 0))
        #expect(job.interruptions <= 1)
        await store.close()
    }

    @Test func theJobOfAKilledWorkerRunsElsewhere() async throws {
        try await killed(lease: 2000, settings: ["scale": "10"], within: .seconds(30))
    }

    /// At default settings: within thirty seconds.
    @Test(
        .enabled(
            if: Crew.runsLong,
            "takes half a minute; theJobOfAKilledWorkerRunsElsewhere shows the same with a short lease"))
    func theJobOfAKilledWorkerRunsElsewhereWithinThirtySeconds() async throws {
        try await killed(lease: 20_000, settings: [:], within: .seconds(30))
    }

    private func killed(lease: Int, settings: [String: String], within bound: Duration) async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await open(crew, lease: .milliseconds(lease))
        var settings = settings
        settings["lease"] = "\(lease)"
        settings["slow"] = "600000"
        settings["concurrency"] = "2"
        let first = try crew.start("work", settings)
        try await first.hears("ready")
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        try await first.hears("started")
        let second = try crew.start("work", settings)
        try await second.hears("ready")
        first.end()
        #expect(second.lines.allSatisfy { !$0.hasPrefix("started") })
        try await second.hears("started", within: bound)
        let job = try await record(store, 1)
        #expect((job.state, job.attempt, job.crashes, job.interruptions) == (.running, 1, 1, 1))
        #expect(job.errors.map(\.kind) == [.crash])
        second.end()
        await store.close()
    }
}
