// Leases on a file, with real processes: a live worker keeps its long job however busy the store is. Also the tests of
// Leases.swift, which apply to every store.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct LeaseTests {
    @Test func threeSaturatingWritersDoNotCostALongJobItsLease() async throws {
        let isLong = Crew.isLong("saturating writers beside a long job")
        let lease = isLong ? 8000 : 4000
        let crew = try Crew(onDisk: isLong)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: .milliseconds(lease))
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
        let isOver = try await TestSignal.holds(within: .seconds(180)) {
            try await Leases.record(store, 1).state.isEnded
        }
        let job = try await Leases.record(store, 1)
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

    @Test func aDeployCostsNothing() async throws { try await Leases().deployCostsNothing() }

    @Test func aSecondSignalStopsAtOnce() async throws { try await Leases().secondSignalStopsAtOnce() }

    @Test func theJobOfAKilledWorkerRunsElsewhere() async throws {
        try await Leases().killed(lease: 2000, settings: ["scale": "10"], within: .seconds(30))
    }

    /// With default settings: within thirty seconds.
    @Test(
        .enabled(
            if: Crew.runsLong,
            "takes half a minute; theJobOfAKilledWorkerRunsElsewhere shows the same with a short lease"))
    func theJobOfAKilledWorkerRunsElsewhereWithinThirtySeconds() async throws {
        try await Leases().killed(lease: 20_000, settings: [:], within: .seconds(30))
    }
}
