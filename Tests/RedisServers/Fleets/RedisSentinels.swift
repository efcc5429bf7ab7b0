// A master with two replicas, watched by three sentinels. The set-up is the same as in production except for short
// timeouts: a dead master is noticed after one second, and replaced when two of three sentinels agree. With a shorter
// timeout, a living master would be considered dead when both cores of a small machine are busy.
import Foundation
import OffstageCore
import OffstageTesting

/// A master, its replicas, and the sentinels that watch them.
public final class RedisSentinels: Sendable {
    /// The name by which sentinels know the master.
    public static let name = "main"
    /// The three servers with data; which of them is the master can change.
    public let servers: [RedisServer]
    /// The three sentinels.
    public let sentinels: [RedisServer]

    private init(_ servers: [RedisServer], _ sentinels: [RedisServer]) {
        self.servers = servers
        self.sentinels = sentinels
    }

    /// Starts all servers, and waits until the replicas are in sync and each sentinel knows all others. Throws
    /// `ServerError`.
    public static func start(_ settings: RedisSettings = .durable()) async throws -> RedisSentinels {
        let master = try await RedisServer.start(settings)
        var copying = settings
        copying.replicaOf = master.port
        async let first = RedisServer.start(copying)
        async let second = RedisServer.start(copying)
        let servers = try await [master, first, second]
        async let one = watcher(of: master.port, settings)
        async let two = watcher(of: master.port, settings)
        async let three = watcher(of: master.port, settings)
        let fleet = RedisSentinels(servers, try await [one, two, three])
        try await fleet.isWhole()
        return fleet
    }

    private static func watcher(of master: Int, _ settings: RedisSettings) async throws -> RedisServer {
        let sentinel = try await RedisServer.start(RedisSettings(), arguments: ["--sentinel"]) { port, folder in
            var lines = [
                "bind 127.0.0.1", "protected-mode no", "port \(port)", "dir \(folder)",
                "sentinel monitor \(name) 127.0.0.1 \(master) 2", "sentinel down-after-milliseconds \(name) 1000",
                "sentinel failover-timeout \(name) 3000", "sentinel parallel-syncs \(name) 2",
            ]
            if let password = settings.password { lines.append("sentinel auth-pass \(name) \(password)") }
            return lines.joined(separator: "\n") + "\n"
        }
        // Sentinels find each other sooner if they announce themselves more often. Versions before 7.0 cannot be
        // configured like this and are slower.
        _ = try? await sentinel.probe.command(
            "SENTINEL", "DEBUG", "publish-period", "300", "info-period", "500", "ask-period", "300")
        return sentinel
    }

    // MARK: Looking

    /// A URL by which clients ask the sentinels for the master.
    public var url: String {
        "redis+sentinel://" + sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + "/\(Self.name)"
    }

    /// Returns the server that two sentinels name as the master; nil if they disagree.
    public func master() async -> RedisServer? {
        var votes: [Int: Int] = [:]
        for sentinel in sentinels where sentinel.isRunning {
            let answer = try? await sentinel.probe.command(
                "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self.name, within: .seconds(1))
            if let port = answer?.array.last?.number { votes[port, default: 0] += 1 }
        }
        guard let port = votes.first(where: { $0.value >= 2 })?.key else { return nil }
        return servers.first { $0.port == port }
    }

    /// Waits until every running server follows the one master, and every running sentinel knows all running servers
    /// and has no failover in progress. Throws `ServerError` if that does not happen within the bound.
    public func isWhole(within bound: Duration = .seconds(30)) async throws {
        var last = "nothing"
        let isWhole = await TestSignal.holds(within: bound) {
            last = await flaw() ?? ""
            return last.isEmpty
        }
        guard isWhole else { throw ServerError("the replicas and sentinels do not find together: \(last)") }
    }

    /// The reason why the servers are not whole; nil if they are.
    private func flaw() async -> String? {
        guard let master = await master() else { return "the sentinels name no master" }
        let running = servers.filter(\.isRunning)
        for server in running {
            guard let facts = try? await server.probe.info("replication") else { return "\(server.port) is silent" }
            let isRight =
                server === master
                ? facts["role"] == "master" && facts["connected_slaves"] == "\(running.count - 1)"
                : facts["master_port"] == "\(master.port)" && facts["master_link_status"] == "up"
            guard isRight else { return "\(server.port) does not follow \(master.port)" }
        }
        for sentinel in sentinels where sentinel.isRunning {
            guard let facts = try? await fields("SENTINEL", "MASTER", Self.name, of: sentinel).first,
                facts["num-other-sentinels"] == "\(sentinels.count - 1)", facts["flags"] == "master",
                facts["port"] == "\(master.port)",
                let replicas = try? await fields("SENTINEL", "REPLICAS", Self.name, of: sentinel)
            else { return "sentinel \(sentinel.port) does not know \(master.port) and the other sentinels" }
            let sound = replicas.filter { $0["flags"] == "slave" && $0["master-link-status"] == "ok" }
            guard sound.count == running.count - 1 else {
                return "sentinel \(sentinel.port) does not know all replicas"
            }
        }
        return nil
    }

    private func fields(_ words: String..., of sentinel: RedisServer) async throws -> [[String: String]] {
        let reply = try await sentinel.probe.command(words: words.map { Array($0.utf8) })
        let rows = reply.array.first?.array.isEmpty == false ? reply.array : [reply]
        return rows.map { row in
            let words = row.array.map(\.text)
            let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
            return Dictionary(pairs) { first, _ in first }
        }
    }

    // MARK: Acting

    /// Kills the master with SIGKILL, waits until two sentinels name another one and all running servers follow it, and
    /// returns the dead one and the new one. The dead server can be restarted; it acts as a master for some seconds,
    /// until the sentinels make it a replica.
    @discardableResult
    public func failover(within bound: Duration = .seconds(30)) async throws -> (old: RedisServer, new: RedisServer) {
        guard let old = await master() else { throw ServerError("the sentinels name no master") }
        try await old.kill()
        var new: RedisServer?
        _ = await TestSignal.holds(within: bound) {
            guard let named = await master(), named !== old else { return false }
            guard (try? await named.probe.info("replication"))?["role"] == "master" else { return false }
            new = named
            return true
        }
        guard let new else { throw ServerError("no sentinel names another master than the dead \(old.port)") }
        // The failover continues until the other replica follows. A dead master that returns before then would disturb
        // it.
        try await isWhole(within: bound)
        return (old, new)
    }
}
