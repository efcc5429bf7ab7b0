// Three masters with one replica each, joined to a cluster by redis-cli. The set-up is the same as in production except
// for a short timeout for dead nodes.
import Foundation
import OffstageCore
import OffstageTesting

/// A cluster of six servers.
public final class RedisCluster: Sendable {
    /// All servers; which of them are masters can change.
    public let servers: [RedisServer]
    let password: String?

    private init(_ servers: [RedisServer], _ password: String?) {
        self.servers = servers
        self.password = password
    }

    /// Starts six nodes, joins them to a cluster, and waits until all nodes report a healthy state. Throws
    /// `ServerError`.
    public static func start(_ settings: RedisSettings = .durable()) async throws -> RedisCluster {
        var settings = settings
        settings.isClusterNode = true
        settings.lines += ["cluster-node-timeout 1000"]
        let each = settings
        let servers = try await withThrowingTaskGroup(of: RedisServer.self) { group in
            for _ in 0..<6 { group.addTask { try await RedisServer.start(each) } }
            var servers: [RedisServer] = []
            for try await server in group { servers.append(server) }
            return servers
        }
        let cluster = RedisCluster(servers, settings.password)
        let login = settings.password.map { ["-a", $0, "--no-auth-warning"] } ?? []
        try await Tool.client.run(
            login + ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
                + ["--cluster-replicas", "1", "--cluster-yes"],
            in: servers[0].folder)
        try await cluster.isWhole()
        return cluster
    }

    // MARK: Looking

    /// A URL that names all nodes.
    public var url: String {
        let login = password.map { ":\($0)@" } ?? ""
        return "redis+cluster://\(login)" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// Waits until every running node reports that all slots are served, each by the same master, and every running
    /// replica is connected to its master. Throws `ServerError` if that does not happen within the bound.
    public func isWhole(within bound: Duration = .seconds(30)) async throws {
        var last = "nothing"
        let isWhole = await TestSignal.holds(within: bound) {
            last = await flaw() ?? ""
            return last.isEmpty
        }
        guard isWhole else { throw ServerError("the cluster does not find together: \(last)") }
    }

    /// The reason why the cluster is not whole; nil if it is whole.
    private func flaw() async -> String? {
        var maps: Set<[ClosedRange<Int>: Int]> = []
        for server in servers where server.isRunning {
            guard let facts = try? await server.probe.command("CLUSTER", "INFO").text,
                facts.contains("cluster_state:ok"), facts.contains("cluster_known_nodes:\(servers.count)"),
                let nodes = try? await nodes(seenBy: server), let own = nodes.first(where: \.isMyself)
            else { return "node \(server.port) does not say that the cluster is well" }
            maps.insert(Dictionary(nodes.flatMap { node in node.slots.map { ($0, node.port) } }) { first, _ in first })
            guard !own.isMaster else { continue }
            let replication = try? await server.probe.info("replication")
            guard replication?["master_link_status"] == "up" else { return "replica \(server.port) has no master" }
        }
        return maps.count == 1 ? nil : "the nodes disagree about the slots: \(maps)"
    }

    /// Returns the nodes as one server sees them.
    public func nodes(seenBy server: RedisServer) async throws -> [ClusterNode] {
        try await server.probe.command("CLUSTER", "NODES", within: .seconds(1)).text
            .split(separator: "\n").compactMap { ClusterNode($0) }
    }

    /// Returns the nodes as the first server that replies sees them. Throws `ServerError` if none replies.
    public func nodes() async throws -> [ClusterNode] {
        for server in servers where server.isRunning {
            if let nodes = try? await nodes(seenBy: server) { return nodes }
        }
        throw ServerError("no node of the cluster answers")
    }

    /// Returns the slot of a key. Throws `ServerError` if no node replies.
    public func slot(of key: String) async throws -> Int {
        for server in servers where server.isRunning {
            if let slot = try? await server.probe.command("CLUSTER", "KEYSLOT", key).number { return slot }
        }
        throw ServerError("no node of the cluster answers")
    }

    /// Returns the master that serves a slot, as the first server that replies sees it. Throws `ServerError` if there
    /// is none.
    public func master(ofSlot slot: Int) async throws -> RedisServer {
        let node = try await nodes().first { node in
            node.isMaster && !node.hasFailed && node.slots.contains { $0.contains(slot) }
        }
        guard let node else { throw ServerError("no master serves slot \(slot)") }
        return try server(node.port)
    }

    /// Returns the live masters that serve slots.
    public func masters() async throws -> [RedisServer] {
        try await nodes().filter { $0.isMaster && !$0.hasFailed && !$0.slots.isEmpty }.map { try server($0.port) }
    }

    /// Returns the live replicas of a slot's master.
    public func replicas(ofSlot slot: Int) async throws -> [RedisServer] {
        let nodes = try await nodes()
        let master = nodes.first { node in node.slots.contains { $0.contains(slot) } }
        return try nodes.filter { $0.master == master?.id && !$0.hasFailed }.map { try server($0.port) }
    }

    private func server(_ port: Int) throws -> RedisServer {
        guard let server = servers.first(where: { $0.port == port }) else {
            throw ServerError("port \(port) is none of the cluster's")
        }
        return server
    }

    // MARK: Acting

    /// Kills the master of a slot with SIGKILL, without waiting for a failover. Returns that master.
    @discardableResult
    public func killMaster(ofSlot slot: Int) async throws -> RedisServer {
        let master = try await master(ofSlot: slot)
        try await master.kill()
        return master
    }

    /// Kills the master of a slot, waits until its replica serves the slot and every other node knows, and returns
    /// both. The dead server can be restarted; it becomes a replica.
    @discardableResult
    public func failover(
        ofSlot slot: Int, within bound: Duration = .seconds(30)
    ) async throws -> (old: RedisServer, new: RedisServer) {
        let old = try await killMaster(ofSlot: slot)
        var new: RedisServer?
        let isOver = await TestSignal.holds(within: bound) {
            new = try? await master(ofSlot: slot)
            return new != nil && new !== old
        }
        guard isOver, let new else { throw ServerError("nobody takes slot \(slot) over from the dead \(old.port)") }
        try await isWhole(within: bound)
        return (old, new)
    }
}
