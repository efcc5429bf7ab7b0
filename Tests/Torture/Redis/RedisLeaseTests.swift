// Leases on a Redis, with real processes: the tests of Leases.swift, which apply to every store.
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(5)), .serialized) struct RedisLeaseTests {
        private func onRedis(_ act: (Leases) async throws -> Void) async throws {
            let server = try await RedisServer.start(.durable(.always))
            try await act(Leases(server.url))
        }

        @Test func aDeployCostsNothing() async throws { try await onRedis { try await $0.deployCostsNothing() } }

        @Test func aSecondSignalStopsAtOnce() async throws {
            try await onRedis { try await $0.secondSignalStopsAtOnce() }
        }

        /// Within a lease time plus the worker's polling time. Scaled down by ten: a lease of two seconds.
        @Test func theJobOfAKilledWorkerRunsElsewhere() async throws {
            try await onRedis { try await $0.killed(lease: 2000, settings: ["scale": "10"], within: .seconds(4)) }
        }

        /// With default settings: within thirty seconds.
        @Test(
            .enabled(
                if: Crew.runsLong,
                "takes half a minute; theJobOfAKilledWorkerRunsElsewhere shows the same with a short lease"))
        func theJobOfAKilledWorkerRunsElsewhereWithinThirtySeconds() async throws {
            try await onRedis { try await $0.killed(lease: 20_000, settings: [:], within: .seconds(30)) }
        }
    }
}
