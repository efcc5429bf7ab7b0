// Fleets in a storm. OFFSTAGE_SEED chooses it, OFFSTAGE_FLEETS says how many.
import Foundation
import OffstageCore
import OffstageMemory
import OffstageRedis
import OffstageSQLite
import OffstageTesting
import RedisServers
import Testing

@Suite struct FleetTests {
    private static let environment = ProcessInfo.processInfo.environment
    static let fleets = environment["OFFSTAGE_FLEETS"].flatMap { Int($0) } ?? 60

    private static func options(_ time: ManualTime) -> StoreOptions {
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        options.retention.completedAge = .seconds(30 * 86_400)
        return options
    }

    /// Runs one fleet; every failure names its seed.
    private static func run(seed: UInt64, _ open: (StoreOptions) async throws -> any Store) async throws {
        let time = ManualTime()
        let store = try await open(options(time))
        let fleet = Fleet(seed: seed, store: store, time: time)
        do {
            let violations = try await fleet.run(turns: 1500)
            #expect(violations.isEmpty, "OFFSTAGE_SEED=\(seed): \(violations.prefix(5).joined(separator: "\n"))")
            let totals = fleet.totals
            let isBusy = totals.jobs > 100 && totals.grants > 100 && totals.refusals > 0
            #expect(isBusy, "OFFSTAGE_SEED=\(seed): hardly anything happened: \(totals)")
        } catch {
            Issue.record("OFFSTAGE_SEED=\(seed): \(error)")
        }
        await store.close()
    }

    @Test func aStormOverTheStoreInMemoryBreaksNoPromise() async throws {
        for offset in 0..<UInt64(Self.fleets) {
            try await Self.run(seed: ComparisonTests.seed &+ offset) { MemoryStore(options: $0) }
        }
    }

    @Test func aStormOverSQLiteBreaksNoPromise() async throws {
        let scratch = try ScratchDirectory()
        for offset in 0..<UInt64(max(1, Self.fleets / 6)) {
            try await Self.run(seed: ComparisonTests.seed &+ offset) {
                try await SQLiteStore.open(scratch.file("\(offset).db"), options: $0)
            }
        }
    }

    @Test(arguments: [1, 6])
    func aStormOverRedisBreaksNoPromise(partitions: Int) async throws {
        let url = try await RedisFleet.plain.url
        for offset in 0..<UInt64(max(1, Self.fleets / 15)) {
            try await Self.run(seed: ComparisonTests.seed &+ offset) {
                try await RedisStore.open(
                    FreshNamespace.url(url, partitions: partitions), options: $0, clock: .given($0.time))
            }
        }
    }

    @Test func aStoreWhoseLeasesAreShorterThanItSaysIsFoundOut() async throws {
        let time = ManualTime()
        var options = Self.options(time)
        options.lease = .seconds(10)
        let fleet = Fleet(seed: 3, store: MemoryStore(options: options), time: time, lease: .seconds(20))
        let violations = try await fleet.run(turns: 1500)
        #expect(violations.contains { $0.contains("held a valid lease") || $0.contains("answered as lost") })
    }

    @Test func theSameSeedMakesTheSameStorm() async throws {
        var totals: [[Int]] = []
        for _ in 0..<2 {
            let time = ManualTime()
            let fleet = Fleet(seed: 5, store: MemoryStore(options: Self.options(time)), time: time)
            _ = try await fleet.run(turns: 400)
            totals.append([fleet.totals.jobs, fleet.totals.grants, fleet.totals.refusals])
        }
        #expect(totals[0] == totals[1])
    }
}
