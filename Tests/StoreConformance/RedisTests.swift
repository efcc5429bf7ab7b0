// Runs the conformance suite on Redis: every case in a namespace of its own, on servers that the tests start.
import OffstageCore
import OffstageRedis
import OffstageTesting
import RedisServers
import Testing

@Suite struct RedisConformanceTests {
    private static let plain = Task { try await RedisServer.start(RedisSettings()) }

    /// A harness over a server; every store gets a namespace that nobody else has.
    static func harness(_ url: String, partitions: Int = 1) -> ConformanceHarness {
        ConformanceHarness(partitions: partitions) { options in
            try await RedisStore.open(
                FreshNamespace.url(url, partitions: partitions), options: options, clock: .given(options.time))
        }
    }

    @Test(arguments: StoreConformance.cases)
    func plain(_ test: ConformanceCase) async throws {
        try await Self.harness(try await Self.plain.value.url).run(test)
    }

    @Test(arguments: StoreConformance.cases(partitions: 4))
    func spread(_ test: ConformanceCase) async throws {
        try await Self.harness(try await Self.plain.value.url, partitions: 4).run(test)
    }
}
