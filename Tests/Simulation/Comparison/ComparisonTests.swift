// Random sequences of operations on the reference model and on every other store: the answers must be equal, and so
// must the states at the end. OFFSTAGE_SEED chooses the sequences, OFFSTAGE_SEQUENCES their number.
import Foundation
import OffstageCore
import OffstageMemory
import OffstageRedis
import OffstageSQLite
import OffstageTesting
import RedisServers
import Testing

@Suite struct ComparisonTests {
    private static let environment = ProcessInfo.processInfo.environment
    static let sequences = environment["OFFSTAGE_SEQUENCES"].flatMap { Int($0) } ?? 2000
    static let seed = environment["OFFSTAGE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000_000)

    @Test func theModelAgreesWithItself() async throws {
        let comparison = Comparison(first: { MemoryStore(options: $0) }, second: { MemoryStore(options: $0) })
        let report = try await comparison.search(seed: Self.seed, sequences: min(Self.sequences, 200))
        #expect(report == nil, "\(report ?? "")")
    }

    @Test func sqliteAgreesWithTheModel() async throws {
        let scratch = try ScratchDirectory()
        try await compare("SQLite") { options in
            try await SQLiteStore.open(scratch.file(UUID().uuidString), options: options)
        }
    }

    /// The ways to run Redis differ in the connection, not in the scripts, so the plain one gets most of the sequences.
    @Test(arguments: RedisFleet.allCases)
    func redisAgreesWithTheModel(_ fleet: RedisFleet) async throws {
        let url = try await fleet.url
        try await compare("Redis, \(fleet)", sequences: fleet == .plain ? Self.sequences : Self.sequences / 10) {
            options in
            try await RedisStore.open(FreshNamespace.url(url), options: options, clock: .given(options.time))
        }
    }

    private func compare(
        _ name: String, sequences: Int = sequences,
        with open: @escaping @Sendable (StoreOptions) async throws -> any Store
    ) async throws {
        let comparison = Comparison(first: { MemoryStore(options: $0) }, second: open)
        StandardErrorLog()(
            .info, "comparing random sequences",
            ["store": name, "seed": "\(Self.seed)", "sequences": "\(sequences)"])
        let halves = [sequences - sequences / 2, sequences / 2]
        let reports = try await withThrowingTaskGroup(of: String?.self) { group in
            for (index, half) in halves.enumerated() where half > 0 {
                group.addTask {
                    try await comparison.search(seed: Self.seed &+ UInt64(index * halves[0]), sequences: half)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
        }
        #expect(reports.isEmpty, "\(reports.joined(separator: "\n\n"))")
    }

    @Test func aStoreThatGivesLongerLeasesIsFoundAndTheSequenceIsCutDown() async throws {
        let comparison = Comparison {
            MemoryStore(options: $0)
        } second: { options in
            var options = options
            options.lease = .seconds(21)
            return MemoryStore(options: options)
        }
        let report = try #require(try await comparison.search(seed: 4, sequences: 50))
        #expect(report.hasPrefix("OFFSTAGE_SEED="))
        #expect(report.contains("leaseUntil"), "\(report)")
        #expect(report.split(separator: "\n").count - 1 == 2, "enqueue and reserve are enough: \(report)")
    }
}
