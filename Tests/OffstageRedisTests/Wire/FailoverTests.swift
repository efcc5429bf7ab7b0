// Sentinels and clusters: a client finds the master, and finds the new one when the old one is killed or frozen or a
// slot moves.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

private let patience = Duration.seconds(30)

private func open(_ url: String, _ change: (inout RedisClientOptions) -> Void = { _ in }) async throws -> RedisClient {
    var options = RedisClientOptions()
    options.openPatience = .seconds(10)
    change(&options)
    return try await RedisClient.open(try RedisURL(url), options: options)
}

/// Counts the messages that a subscriber receives.
private final class Ear: Sendable {
    private let state = Mutex((subscribed: 0, heard: 0))
    var subscribed: Int { state.withLock { $0.subscribed } }
    var heard: Int { state.withLock { $0.heard } }
    func stands() { state.withLock { $0.subscribed += 1 } }
    func hears() { state.withLock { $0.heard += 1 } }

    func listen(_ client: RedisClient, slot: Int) -> RedisSubscriber {
        client.subscribe(channel: "c", slot: slot, onSubscribed: { self.stands() }, onMessage: { _ in self.hears() })
    }

    /// Whether it receives what is published now.
    func hears(_ client: RedisClient, slot: Int) async throws -> Bool {
        let before = heard
        return try await TestSignal.holds(within: .seconds(20)) {
            try await client.call(RedisCommand("PUBLISH", "c", "m"), slot: slot, patience: patience) { _ in }
            return heard > before
        }
    }
}

@Suite(.timeLimit(.minutes(3)), .serialized) struct FailoverTests {
    private func increment(_ client: RedisClient, _ key: String, _ patience: Duration = patience) async throws -> Int64
    {
        try await client.call(RedisCommand("INCR", key), slot: RedisClient.slot(of: key), patience: patience) {
            try #require($0.integer)
        }
    }

    @Test func theSlotOfAKeyIsTheClusters() async throws {
        #expect(RedisClient.slot(of: "123456789") == 0x31C3)
        #expect(RedisClient.slot(of: "{user1000}.following") == RedisClient.slot(of: "user1000"))
        #expect(RedisClient.slot(of: "foo{}{bar}") == 8363)
        #expect(RedisClient.slot(of: "foo{{bar}}") == RedisClient.slot(of: "{bar"))
        #expect(RedisClient.slot(of: "") == 0)
    }

    @Test func aClientFollowsTheSentinelsToTheNewMaster() async throws {
        let fleet = try await RedisSentinels.start()
        let client = try await open(fleet.url)
        let ear = Ear()
        let subscriber = ear.listen(client, slot: 0)
        #expect(try await increment(client, "n") == 1)
        #expect(try await ear.hears(client, slot: 0))
        // Calls continue through the failover: a call in flight is sent again to the new master.
        let isOver = TestSignal()
        let calls = Tally()
        let caller = Task { () throws in
            while !isOver.isSet {
                _ = try await increment(client, "n")
                calls.add()
            }
        }
        let old = try await fleet.failover().old
        // On a busy machine the sentinels may replace the new master, too.
        func isAtMaster() async -> Bool {
            guard let master = await fleet.master() else { return false }
            return client.address(slot: 0) == "127.0.0.1:\(master.port)"
        }
        #expect(await TestSignal.holds(within: .seconds(30)) { await isAtMaster() })
        let before = calls.count
        #expect(await TestSignal.holds(within: .seconds(5)) { calls.count > before + 100 })
        isOver.set()
        try await caller.value
        #expect(await TestSignal.holds(within: .seconds(30)) { await isAtMaster() })
        #expect(try await ear.hears(client, slot: 0))
        try await old.restart()
        try await fleet.isWhole()
        // A master that is frozen keeps its connections, and is left all the same.
        let frozen = try #require(await fleet.master())
        try await frozen.freeze()
        // Sooner than the silence alone would end its connection.
        #expect(try await increment(client, "after", .seconds(9)) == 1)
        #expect(client.address(slot: 0) != "127.0.0.1:\(frozen.port)")
        #expect(try await ear.hears(client, slot: 0))
        frozen.thaw()
        await subscriber.close()
        await client.close()
        let unknown = await storeError {
            _ = try await open(fleet.url.replacing("/main", with: "/other"))
        }
        guard case .unusable(let line) = unknown else {
            Issue.record("an unknown master was answered with \(String(describing: unknown))")
            return
        }
        #expect(line.contains("who the master 'other' is") && line.contains("does not know it"), "\(line)")
    }

    @Test func aClientFollowsTheSlotsOfACluster() async throws {
        let cluster = try await RedisCluster.start()
        // One seed is enough.
        let client = try await open("redis+cluster://127.0.0.1:\(cluster.servers[5].port)")
        #expect(client.isCluster)
        for number in 0..<30 { #expect(try await increment(client, "{\(number)}n") == 1) }

        // MOVED: a slot with its keys goes elsewhere.
        let slot = RedisClient.slot(of: "{1}n")
        #expect(slot == (try await cluster.slot(of: "{1}n")))
        let target = try await cluster.migrate(slot: slot)
        #expect(try await increment(client, "{1}n") == 2)
        #expect(client.address(slot: slot) == "127.0.0.1:\(target.port)")

        // ASK, half-way: a key that has moved, a script that the other node does not know, and a new key.
        let other = RedisClient.slot(of: "{2}n")
        let migration = try await cluster.migration(ofSlot: other)
        try await migration.begin()
        try await migration.moveKeys()
        #expect(try await increment(client, "{2}n") == 2)
        let script = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], 5)")
        let sum = try await client.call(RedisCommand(script, keys: ["{2}n"]), slot: other, patience: patience) {
            $0.integer
        }
        #expect(sum == 7)
        let pair = (RedisCommand(script, keys: ["{2}n"]), RedisCommand("WAIT", "0", "0"))
        let twice = try await client.call(pair: pair, slot: other, patience: patience) { first, _ in first.integer }
        #expect(twice == 12)
        #expect(try await increment(client, "{2}new") == 1)
        try await migration.finish()
        #expect(try await increment(client, "{2}n") == 13)
        await client.close()
    }

    @Test func aClientFollowsAClusterThatLosesAMaster() async throws {
        let cluster = try await RedisCluster.start()
        let client = try await open(cluster.url)
        let slot = RedisClient.slot(of: "{1}n")
        let ear = Ear()
        let subscriber = ear.listen(client, slot: slot)
        #expect(try await increment(client, "{1}n") == 1)
        #expect(try await ear.hears(client, slot: slot))
        let isOver = TestSignal()
        let calls = Tally()
        let caller = Task { () throws in
            while !isOver.isSet {
                _ = try await increment(client, "{1}n")
                calls.add()
            }
        }
        let (old, new) = try await cluster.failover(ofSlot: slot)
        let before = calls.count
        #expect(await TestSignal.holds(within: .seconds(5)) { calls.count > before + 100 })
        isOver.set()
        try await caller.value
        #expect(client.address(slot: slot) == "127.0.0.1:\(new.port)")
        #expect(try await ear.hears(client, slot: slot))
        try await old.restart()
        try await cluster.isWhole()
        try await new.freeze()
        #expect(try await increment(client, "{1}after", .seconds(9)) == 1)
        #expect(client.address(slot: slot) != "127.0.0.1:\(new.port)")
        #expect(try await ear.hears(client, slot: slot))
        new.thaw()
        await subscriber.close()
        await client.close()
    }

    @Test func theWrongSchemeForAServerIsTold() async throws {
        let plain = try await RedisServer.start()
        let noCluster = await storeError { _ = try await open("redis+cluster://127.0.0.1:\(plain.port)") }
        #expect("\(String(describing: noCluster))".contains("cluster support disabled"))
        let cluster = try await RedisCluster.start()
        let client = try await open("redis://127.0.0.1:\(cluster.servers[0].port)")
        var lines: [String] = []
        for number in 0..<30 {
            if let error = await storeError({ _ = try await increment(client, "{\(number)}n") }) {
                lines.append("\(error)")
            }
        }
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.contains("redis+cluster://") })
        await client.close()
    }
}
