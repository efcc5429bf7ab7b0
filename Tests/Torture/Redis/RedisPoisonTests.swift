// Foremen on a Redis, with real processes and real crashes: the tests of Poison.swift, which apply to every store.
import RedisServers
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(5)), .serialized) struct PoisonTests {
        @Test func fivePoisonJobsAmongTenThousandHurtNobodyElse() async throws {
            let server = try await RedisServer.start(.durable(.everysec))
            try await Poison(server.url).aFewAmongMany(10_000)
        }
    }
}
