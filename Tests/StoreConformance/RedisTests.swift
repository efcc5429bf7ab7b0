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
        let mark = url.contains("?") ? "&" : "?"
        return ConformanceHarness(partitions: partitions) { options in
            var random = SystemRandom()
            let namespace = "t\(WorkerID(bits: random.next()))"
            let address = "\(url)\(mark)namespace=\(namespace)&partitions=\(partitions)"
            return try await RedisStore.open(address, options: options, clock: .given(options.time))
        }
    }

    @Test(arguments: StoreConformance.cases)
    func plain(_ test: ConformanceCase) async throws {
        try await Self.harness(try await Self.plain.value.url).run(test)
    }
}
