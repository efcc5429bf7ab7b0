// The complete torture test on one Redis that syncs its append-only file before each reply. Workers and enqueuers are
// killed and frozen as on SQLite. In addition the Redis itself is killed and restarted, and the connections of most
// processes are cut. Every job that a process learned to be stored must exist at the end, whatever happened.
import OffstageCore
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(15)), .serialized) struct RedisFleetTests {
        /// With and without prefetching. Without it, every grant of a job can be distinguished, so the check is exact.
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
