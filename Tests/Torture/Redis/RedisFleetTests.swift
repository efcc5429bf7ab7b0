// The whole of it over one Redis that syncs its append-only file before each answer: workers and enqueuers are killed
// and frozen as over SQLite, and meanwhile the Redis itself is killed and started again, and the connections of most
// processes are cut. What a process was told to be stored must be there at the end, whatever happened.
import OffstageCore
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(15)), .serialized) struct RedisFleetTests {
        /// With prefetching and without: without, every grant of a job can be told from every other, so the check is
        /// exact.
        @Test(arguments: [0, 1000])
        func everyJobIsAccountedFor(prefetch: Int) async throws {
            let isLong = Crew.isLong("Redis, its workers and wires killed, frozen and cut, prefetch \(prefetch)")
            let plan = Plan(
                jobs: isLong ? 60_000 : prefetch == 0 ? 4000 : 8000, rounds: isLong ? 60 : 7, workers: isLong ? 5 : 3,
                lease: .seconds(2), prefetch: prefetch)
            let seed = UInt64.random(in: 0...UInt64.max)
            var settings = RedisSettings.durable(.always)
            settings.isOnDisk = isLong
            let server = try await RedisServer.start(settings)
            let proxies = try (0..<2).map { _ in try CuttingProxy(to: .tcp(server.port)) }
            let namespace = "torture"
            let roads = ([server.url] + proxies.map(\.url)).map { "\($0)?namespace=\(namespace)" }
            let crew = try Crew(store: roads[0])
            defer { crew.end() }
            let storm = RedisStorm(server, proxies, seed: seed)
            try await Ordeal(plan, crew: crew, seed: seed, roads: roads, storm: storm).run { judge in
                try await judge.keysAreTrue(server.probe, namespace: namespace)
            }
            #expect(storm.kills >= 2)
            #expect(storm.cuts > 0)
        }
    }
}
