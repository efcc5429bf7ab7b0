// Healthy workers on a Redis, with real processes: the tests of SuspectFleet.swift, which apply to every store.
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(10)), .serialized) struct SuspectFleetTests {
        @Test func suspectsStarveNobody() async throws {
            let server = try await RedisServer.start(.durable(.everysec))
            try await SuspectFleet(server.url).suspectsStarveNobody()
        }

        @Test func suspectsOfManyPartitionsStarveNobody() async throws {
            let server = try await RedisServer.start(.durable(.everysec))
            try await SuspectFleet(server.url + "?partitions=16").suspectsStarveNobody()
        }

        @Test func healthyWorkersAreNeverStale() async throws {
            let server = try await RedisServer.start(.durable(.everysec))
            try await SuspectFleet(server.url).healthyWorkersAreNeverStale(
                Crew.isLong("stale on Redis") ? 200_000 : 20_000)
        }
    }
}
