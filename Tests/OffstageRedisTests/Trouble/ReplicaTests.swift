// Replicas: one that is named instead of its master, a master that becomes one while in use, and one that is missing
// when an enqueue waits for it.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct ReplicaTests {
    private static func replica(of master: RedisServer) async throws -> RedisServer {
        var settings = RedisSettings()
        settings.replicaOf = master.port
        let replica = try await RedisServer.start(settings)
        #expect(
            try await TestSignal.holds {
                try await master.probe.info("replication")["slave0"]?.contains("state=online") ?? false
            })
        return replica
    }

    @Test func aReplicaInTheURLIsRefused() async throws {
        let master = try await RedisServer.start()
        let replica = try await Self.replica(of: master)
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(replica.url) }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(
            line.contains("127.0.0.1:\(replica.port)") && line.contains("replica") && !line.contains("\n"), "\(line)")
    }

    @Test func aMasterThatTurnsReplicaIsWaitedForAndNamed() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url, patience: .seconds(1))
        let patient = try await Trouble.store(server.url, patience: .seconds(10))
        let first = Trouble.job()
        _ = try await store.put(first)
        let hand = Hand()
        let held = try await hand.takeOne(from: store)
        try await server.probe.command("REPLICAOF", "127.0.0.1", "1")
        let job = Trouble.job()
        let (error, line, took) = await Trouble.failure { _ = try await store.put(job) }
        guard case .busy = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("\(server.port): offstage.enqueue: READONLY") && !line.contains("\n"), "\(line)")
        #expect(took > .milliseconds(500) && took < .seconds(8))
        let settle = await Trouble.failure { _ = try await store.settle([Trouble.end(held)]) }
        #expect(settle.line.contains("READONLY"), "\(settle.line)")
        // Reading from a replica is allowed.
        #expect(try await store.state(first.id) == .running)
        async let late = patient.put(job)
        async let end = patient.settle([Trouble.end(held)])
        try await SystemTime().sleep(for: .milliseconds(300))
        try await server.probe.command("REPLICAOF", "NO", "ONE")
        #expect(try await late == .stored(.available))
        #expect(try await end == [.accepted])
        await store.close()
        await patient.close()
    }

    @Test func withoutTheReplicaThatItWaitsForAnEnqueueIsUnknownAndIsSentAgain() async throws {
        let master = try await RedisServer.start()
        let store = try await Trouble.store("\(master.url)?wait=1&wait-timeout=200ms", patience: .seconds(10))
        #expect(store.traits.settings.contains("wait=1"))
        let job = Trouble.job()
        let (error, line, took) = await Trouble.failure { _ = try await store.put(job) }
        guard case .unknownOutcome = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("wait=1") && line.contains("0 of the 1") && line.contains("same id"), "\(line)")
        #expect(took >= .milliseconds(150) && took < .seconds(8) && !line.contains("\n"))
        let replica = try await Self.replica(of: master)
        #expect(await TestSignal.holds { (try? await store.put(job)) == .repeated(.available) })
        #expect(try await store.put() == .stored(.available))
        #expect(try await replica.number("HLEN", "{offstage.0}jobs") == 2)
        // A frozen replica acknowledges nothing.
        try await replica.freeze()
        let frozen = await Trouble.failure { _ = try await store.put() }
        #expect(frozen.line.contains("0 of the 1"), "\(frozen.line)")
        replica.thaw()
        await store.close()
    }
}
