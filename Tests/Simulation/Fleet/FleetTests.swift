// Fleets in a storm. OFFSTAGE_SEED chooses the seed, OFFSTAGE_FLEETS the number of fleets.
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

    /// Runs fleets, one after the other. One of them may end without a refused settle, but not all.
    private static func run(fleets: Int, _ open: (Int, StoreOptions) async throws -> any Store) async throws {
        var refusals = 0
        for number in 0..<max(1, fleets) {
            let seed = ComparisonTests.seed &+ UInt64(number)
            refusals += try await run(seed: seed) { try await open(number, $0) }
        }
        #expect(refusals > 0 || fleets < 4, "OFFSTAGE_SEED=\(ComparisonTests.seed): no fleet had a settle refused")
    }

    /// Runs one fleet; every failure contains its seed. Returns how many settles were refused.
    private static func run(seed: UInt64, _ open: (StoreOptions) async throws -> any Store) async throws -> Int {
        let time = ManualTime()
        let store = try await open(options(time))
        let fleet = Fleet(seed: seed, store: store, time: time)
        do {
            let violations = try await fleet.run(turns: 1500)
            #expect(violations.isEmpty, "OFFSTAGE_SEED=\(seed): \(violations.prefix(5).joined(separator: "\n"))")
            let totals = fleet.totals
            let isBusy = totals.jobs > 100 && totals.grants > 100
            #expect(isBusy, "OFFSTAGE_SEED=\(seed): hardly anything happened: \(totals)")
        } catch {
            Issue.record("OFFSTAGE_SEED=\(seed): \(error)")
        }
        await store.close()
        return fleet.totals.refusals
    }

    @Test func aStormOverTheStoreInMemoryBreaksNoPromise() async throws {
        try await Self.run(fleets: Self.fleets) { MemoryStore(options: $1) }
    }

    @Test func aStormOverSQLiteBreaksNoPromise() async throws {
        let scratch = try ScratchDirectory()
        try await Self.run(fleets: Self.fleets / 6) {
            try await SQLiteStore.open(scratch.file("\($0).db"), options: $1)
        }
    }

    @Test(arguments: [1, 6])
    func aStormOverRedisBreaksNoPromise(partitions: Int) async throws {
        let url = try await RedisFleet.plain.url
        try await Self.run(fleets: Self.fleets / 15) {
            try await RedisStore.open(
                FreshNamespace.url(url, partitions: partitions), options: $1, clock: .given($1.time))
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
