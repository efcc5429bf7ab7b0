// The four ways to run Redis, each started once for all tests of a process that only need a working server. No test
// kills or freezes these servers. Hundreds of tests keep both cores busy, so the timeouts after which a silent master
// counts as dead are long; otherwise a starved master would be replaced in the middle of a test.
import Foundation
import OffstageCore
import OffstageTesting

/// A way to run Redis, with its shared servers.
public enum RedisFleet: String, CaseIterable, Sendable, CustomStringConvertible {
    /// One server without access control.
    case plain
    /// One server with TLS that requires a client certificate. Its user may access only the tests' namespaces and has
    /// no dangerous command, not even CONFIG GET.
    case secured
    /// A master and two replicas, watched by three sentinels.
    case sentinels
    /// Three masters with one replica each.
    case cluster

    /// The name.
    public var description: String { rawValue }

    /// The address of the servers. The first call starts them. Throws `ServerError`.
    public var url: String {
        get async throws { try await Self.started.url(of: self) }
    }

    private static let started = StartedFleets()
}

/// Starts each fleet once, and keeps it until the process ends.
private actor StartedFleets {
    private var urls: [RedisFleet: Task<String, any Error>] = [:]
    private var kept: [any Sendable] = []

    func url(of fleet: RedisFleet) async throws -> String {
        if let known = urls[fleet] { return try await known.value }
        let start = Task { try await self.start(fleet) }
        urls[fleet] = start
        return try await start.value
    }

    private func start(_ fleet: RedisFleet) async throws -> String {
        switch fleet {
        case .plain: return keep(try await RedisServer.start()).url
        case .secured: return try await secured()
        case .sentinels:
            let fleet = keep(try await RedisSentinels.start(RedisSettings()))
            for sentinel in fleet.sentinels {
                try await sentinel.probe.command(
                    "SENTINEL", "SET", RedisSentinels.name, "down-after-milliseconds", "60000")
            }
            return fleet.url
        case .cluster:
            let fleet = keep(try await RedisCluster.start(RedisSettings()))
            for server in fleet.servers {
                try await server.probe.command("CONFIG", "SET", "cluster-node-timeout", "60000")
            }
            return fleet.url
        }
    }

    private func secured() async throws -> String {
        let certificates = try await Certificates.make()
        var settings = RedisSettings()
        settings.users = [
            "default off", "app on >secret resetchannels ~{t* &{t* +@all -@dangerous +info",
        ]
        let server = keep(try await RedisServer.tls(RedisTLS(certificates, clients: .yes), settings))
        let client = certificates.client
        return server.url(user: "app", password: "secret", host: "localhost")
            + "?ca=\(certificates.authority)&cert=\(client.certificate)&key=\(client.key)"
    }

    private func keep<Servers: Sendable>(_ servers: Servers) -> Servers {
        kept.append(servers)
        return servers
    }
}
