// Runs the conformance suite on Redis, every case in a separate namespace, on servers that the tests start: a plain
// one, one with TLS and a user with few rights, a master with sentinels, and a cluster. The cases that also hold for
// several partitions run on a partitioned namespace too.
import OffstageCore
import OffstageRedis
import OffstageTesting
import RedisServers
import Testing

/// Limits how many cases run at a time. Opening a cluster's namespace calls every master. A thousand cases that do so
/// at once on two cores would wait for each other longer than a store's patience.
private actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ free: Int) { self.free = free }

    func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

@Suite(.timeLimit(.minutes(5))) struct RedisConformanceTests {
    private static let gate = Gate(8)
    private static let partitions = 6
    private static let spreadCases = StoreConformance.cases(partitions: partitions)

    /// A harness for a fleet; every store gets a unique namespace.
    private static func harness(_ fleet: RedisFleet, partitions: Int = 1) async throws -> ConformanceHarness {
        let url = try await fleet.url
        return ConformanceHarness(partitions: partitions) { options in
            await gate.enter()
            do {
                let store = try await RedisStore.open(
                    FreshNamespace.url(url, partitions: partitions), options: options, clock: .given(options.time))
                await gate.leave()
                return store
            } catch {
                await gate.leave()
                throw error
            }
        }
    }

    @Test(arguments: StoreConformance.cases)
    func plain(_ test: ConformanceCase) async throws {
        try await Self.harness(.plain).run(test)
    }

    @Test(arguments: StoreConformance.cases)
    func secured(_ test: ConformanceCase) async throws {
        try await Self.harness(.secured).run(test)
    }

    @Test(arguments: StoreConformance.cases)
    func sentinels(_ test: ConformanceCase) async throws {
        try await Self.harness(.sentinels).run(test)
    }

    @Test(arguments: StoreConformance.cases)
    func cluster(_ test: ConformanceCase) async throws {
        try await Self.harness(.cluster).run(test)
    }

    @Test(arguments: spreadCases)
    func spreadOverACluster(_ test: ConformanceCase) async throws {
        try await Self.harness(.cluster, partitions: Self.partitions).run(test)
    }

    @Test(arguments: spreadCases)
    func spreadOverOneServer(_ test: ConformanceCase) async throws {
        try await Self.harness(.plain, partitions: Self.partitions).run(test)
    }

    @Test func theCasesThatNeedOneOrderAreFew() {
        let leftOut = StoreConformance.cases.filter(\.needsTotalOrder)
        #expect(Self.spreadCases.count + leftOut.count == StoreConformance.cases.count)
        #expect(leftOut.count == 32, "\(leftOut)")
    }

    @Test func theSixPartitionsLieOnAllMastersOfTheCluster() async throws {
        let url = FreshNamespace.url(try await RedisFleet.cluster.url, partitions: Self.partitions)
        let store = try await RedisStore.open(url)
        #expect(store.traits.partitions == Self.partitions)
        let servers = try await store.examine().filter { $0.text.hasPrefix("redis ") }
        #expect(!servers.isEmpty)
        await store.close()
    }
}
