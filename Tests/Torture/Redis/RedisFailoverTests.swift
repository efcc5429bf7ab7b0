// A master is killed under load and a replica takes over, with sentinels and in a cluster. Two stores use the same
// servers. With wait=1 an accepted job is on a replica, and none may be lost. Without it, jobs that the dead master had
// acknowledged but not yet replicated are lost, which is reported, and all jobs that are known still end.
import OffstageCore
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(10)), .serialized) struct RedisFailoverTests {
        @Test func aSentinelFailoverLosesNothingThatWasWaitedFor() async throws {
            let isLong = Crew.isLong("a failover under load, Sentinel")
            let servers = try await RedisSentinels.start()
            try await fail(servers.url, options: "", isLong: isLong) {
                let master = try #require(await servers.master())
                return try await Self.kill(master, servers.servers.filter { $0 !== master }, isLong) {
                    try await servers.failover().old
                }
            }
            try await servers.isWhole()
        }

        @Test func aClusterFailoverLosesNothingThatWasWaitedFor() async throws {
            let isLong = Crew.isLong("a failover under load, Cluster")
            let servers = try await RedisCluster.start()
            try await fail(servers.url, options: "&partitions=6", isLong: isLong) {
                let slot = try await servers.slot(of: "{wait.0}")
                let master = try await servers.master(ofSlot: slot)
                return try await Self.kill(master, servers.replicas(ofSlot: slot), isLong) {
                    try await servers.failover(ofSlot: slot).old
                }
            }
            try await servers.isWhole()
        }

        /// Kills a master whose replicas have lagged for a moment, waits for the failover, and restarts the dead
        /// server. The lag is longer than the timeout of `wait`, so that enqueuers get "unknown". Returns the time
        /// since which the replicas received nothing, and the time of the kill.
        private static func kill(
            _ master: RedisServer, _ replicas: [RedisServer], _ isLong: Bool,
            failover: @escaping @Sendable () async throws -> RedisServer
        ) async throws -> ClosedRange<Int64> {
            let clock = SystemTime()
            let lostAt = clock.monotonicMicroseconds()
            for replica in replicas { try await replica.losesMaster() }
            try await clock.sleep(for: .milliseconds(isLong ? 1500 : 600))
            let killedAt = clock.monotonicMicroseconds()
            async let old = failover()
            _ = await TestSignal.holds(within: .seconds(10)) { !master.isRunning }
            for replica in replicas { try await replica.mayFollow() }
            try await old.restart()
            return lostAt...killedAt
        }

        private func fail(
            _ url: String, options: String, isLong: Bool, killing: () async throws -> ClosedRange<Int64>
        ) async throws {
            let jobs = isLong ? 40_000 : 4000
            let waiting = try await Stream(
                "failover, wait=1", "\(url)?namespace=wait&wait=1&wait-timeout=100ms\(options)", jobs: jobs,
                lease: .seconds(6))
            defer { waiting.end() }
            let hoping = try await Stream(
                "failover, no wait", "\(url)?namespace=hope\(options)", jobs: jobs, lease: .seconds(6))
            defer { hoping.end() }
            let streams = [waiting, hoping]
            for stream in streams { try await stream.isUnderWay(0.1) }
            for stream in streams { try await stream.steer() }
            for stream in streams { try await stream.isUnderWay(0.4) }
            let blind = try await killing()
            for stream in streams { try await stream.runsOut() }
            try await waiting.judge(mayLose: false, blind: blind)
            try await hoping.judge(mayLose: true, blind: blind)
        }
    }
}
