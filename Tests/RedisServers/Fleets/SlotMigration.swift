// The migration of a slot from one master to another, step by step, so that a test can check every stage. Between
// `begin` and `finish` the old master replies ASK for keys it no longer has, and after `finish` MOVED for all.
import OffstageCore

/// A migration of a slot to another master.
public struct SlotMigration: Sendable {
    /// The slot.
    public let slot: Int
    /// The master that has the slot.
    public let source: RedisServer
    /// The master that gets the slot.
    public let target: RedisServer
    private let cluster: RedisCluster

    init(_ slot: Int, from source: RedisServer, to target: RedisServer, in cluster: RedisCluster) {
        self.slot = slot
        self.source = source
        self.target = target
        self.cluster = cluster
    }

    /// Marks the slot as migrating on one master and importing on the other; no key moves yet.
    public func begin() async throws {
        try await target.probe.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", try await id(of: source))
        try await source.probe.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", try await id(of: target))
    }

    /// Moves up to `limit` keys. Returns the number of moved keys, 0 if none is left.
    @discardableResult
    public func moveKeys(_ count: Int = 100) async throws -> Int {
        let keys = try await source.probe.command("CLUSTER", "GETKEYSINSLOT", "\(slot)", "\(count)").array
        return try await move(keys.compactMap(\.bytes))
    }

    /// Moves the given keys. Returns their number.
    @discardableResult
    public func move(_ names: [[UInt8]]) async throws -> Int {
        guard !names.isEmpty else { return 0 }
        let head = ["MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "5000"]
        let login = ["AUTH2", RedisSettings.looker.user, RedisSettings.looker.password, "KEYS"]
        try await source.probe.command(words: (head + login).map { Array($0.utf8) } + names, within: .seconds(10))
        return names.count
    }

    /// Moves the remaining keys and announces the slot's new owner to every node.
    public func finish() async throws {
        while try await moveKeys() > 0 {}
        let id = try await id(of: target)
        // The source and the target come first: the target must own the slot before any client is redirected to it.
        let masters = try await cluster.masters().filter { $0 !== target && $0 !== source }
        for server in [target, source] + masters {
            try await server.probe.command("CLUSTER", "SETSLOT", "\(slot)", "NODE", id)
        }
        try await cluster.isWhole()
    }

    private func id(of server: RedisServer) async throws -> String {
        try await server.probe.command("CLUSTER", "MYID").text
    }
}

extension RedisCluster {
    /// Prepares the migration of a slot to another master, or to any if none is given. Nothing happens before `begin`.
    public func migration(ofSlot slot: Int, to target: RedisServer? = nil) async throws -> SlotMigration {
        let source = try await master(ofSlot: slot)
        let others = try await masters().filter { $0 !== source }
        guard let target = target ?? others.first else { throw ServerError("there is no other master") }
        return SlotMigration(slot, from: source, to: target, in: self)
    }

    /// Moves a slot with all its keys to another master. Returns the new master.
    @discardableResult
    public func migrate(slot: Int, to target: RedisServer? = nil) async throws -> RedisServer {
        let migration = try await migration(ofSlot: slot, to: target)
        try await migration.begin()
        try await migration.finish()
        return migration.target
    }
}
