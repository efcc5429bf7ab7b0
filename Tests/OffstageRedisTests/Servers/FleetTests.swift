// Whether sentinels and clusters start in time and replace a dead master. In parallel they would need more than the
// machine has, so they run one after the other.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@Suite("Redis servers: sentinels and clusters", .serialized, .timeLimit(.minutes(5)))
struct FleetTests {
    @Test("sentinels find each other, and replace a killed master")
    func sentinels() async throws {
        let (fleet, took) = try await timed { try await RedisSentinels.start() }
        #expect(took < .seconds(30))
        let master = try #require(await fleet.master())
        try await master.probe.command("SET", "a", "b")
        #expect(try await master.probe.command("WAIT", "2", "5000").number == 2)
        let ((old, new), lost) = try await timed { try await fleet.failover(within: .seconds(20)) }
        #expect(old === master && new !== master && lost < .seconds(20))
        #expect(try await RedisProbe(.tcp(new.port)).command("GET", "a").text == "b")
        #expect(fleet.url.hasPrefix("redis+sentinel://127.0.0.1:") && fleet.url.hasSuffix("/main"))
        // The dead server returns as a replica.
        try await old.restart()
        try await fleet.isWhole(within: .seconds(60))
        #expect(try await old.probe.info("replication")["role"] == "slave")
    }

    @Test("a cluster becomes whole, and a replica takes over a killed master's slots")
    func cluster() async throws {
        let (cluster, took) = try await timed { try await RedisCluster.start() }
        #expect(took < .seconds(30))
        #expect(try await cluster.masters().count == 3)
        let slot = try await cluster.slot(of: "{jobs.1}a")
        let master = try await cluster.master(ofSlot: slot)
        try await master.probe.command("SET", "{jobs.1}a", "b")
        #expect(try await master.probe.command("WAIT", "1", "5000").number == 1)
        let ((old, new), lost) = try await timed { try await cluster.failover(ofSlot: slot, within: .seconds(20)) }
        #expect(old === master && new !== master && lost < .seconds(20))
        #expect(try await new.probe.command("GET", "{jobs.1}a").text == "b")
        try await old.restart()
        try await cluster.isWhole()
        #expect(try await cluster.replicas(ofSlot: slot).map(\.port) == [old.port])
    }

    @Test("a migrating slot answers ASK for keys that have left, and MOVED when it has arrived")
    func migration() async throws {
        let cluster = try await RedisCluster.start()
        let slot = try await cluster.slot(of: "{jobs.2}")
        let migration = try await cluster.migration(ofSlot: slot)
        for key in 0..<3 { try await migration.source.probe.command("SET", "{jobs.2}\(key)", "\(key)") }
        try await migration.begin()
        #expect(try await migration.source.probe.command("GET", "{jobs.2}0").text == "0")
        #expect(try await migration.moveKeys(2) == 2)
        var codes: [String] = []
        for key in 0..<3 { codes.append(try await code(migration.source, "{jobs.2}\(key)")) }
        #expect(codes.sorted() == ["", "ASK", "ASK"])
        try await migration.finish()
        #expect(try await code(migration.source, "{jobs.2}0") == "MOVED")
        #expect(try await migration.target.probe.command("GET", "{jobs.2}2").text == "2")
        #expect(try await cluster.master(ofSlot: slot) === migration.target)
    }

    private func code(_ server: RedisServer, _ key: String) async throws -> String {
        do {
            try await server.probe.command("GET", key)
            return ""
        } catch let error as RedisReplyError {
            return error.code
        }
    }

    private func timed<Result>(_ act: () async throws -> Result) async rethrows -> (Result, Duration) {
        let clock = SystemTime()
        let began = clock.monotonicMicroseconds()
        let result = try await act()
        return (result, .microseconds(clock.monotonicMicroseconds() - began))
    }
}
