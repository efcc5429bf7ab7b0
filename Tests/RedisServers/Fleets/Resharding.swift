// Moves and repairs of slots by redis-cli, as one does them in earnest.
import OffstageCore

extension RedisCluster {
    /// Moves so many slots, the lowest that the one master has, to another (`redis-cli --cluster reshard`).
    public func reshard(_ slots: Int, from source: RedisServer, to target: RedisServer) async throws {
        let words = try await resharding(slots, from: source, to: target)
        try await Tool.client.run(words, in: target.folder, within: .seconds(120))
    }

    /// Begins to do so, and kills redis-cli with SIGKILL after a while.
    public func interruptReshard(
        _ slots: Int, from source: RedisServer, to target: RedisServer, after pause: Duration
    ) async throws {
        let words = try await resharding(slots, from: source, to: target) + ["--cluster-pipeline", "1"]
        let process = try KeptProcess(
            [Tool.client.path()] + words, log: target.folder + "/reshard.out")
        try await SystemTime().sleep(for: pause)
        process.kill()
        try await process.ends()
    }

    private func resharding(_ slots: Int, from source: RedisServer, to target: RedisServer) async throws -> [String] {
        let ids = [try await id(of: source), try await id(of: target)]
        return login + [
            "--cluster", "reshard", "127.0.0.1:\(target.port)", "--cluster-from", ids[0], "--cluster-to", ids[1],
            "--cluster-slots", "\(slots)", "--cluster-yes",
        ]
    }

    /// Closes slots that were left open, and moves their keys to one node (`redis-cli --cluster fix`).
    public func fix() async throws {
        guard let node = servers.first(where: \.isRunning) else { throw ServerError("no node of the cluster runs") }
        try await Tool.client.run(
            login + ["--cluster", "fix", "127.0.0.1:\(node.port)", "--cluster-yes"], in: node.folder,
            within: .seconds(60))
        try await isWhole()
    }

    /// The slots that a master gives away or takes, as it says itself.
    public func openSlots(of server: RedisServer) async throws -> Set<Int> {
        let text = try await server.probe.command("CLUSTER", "NODES", within: .seconds(1)).text
        let own = text.split(separator: "\n").filter { $0.contains("myself") }
        let marks = own.flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("[") }
        return Set(marks.compactMap { Int($0.dropFirst().prefix { $0.isNumber }) })
    }

    private var login: [String] { password.map { ["-a", $0, "--no-auth-warning"] } ?? [] }

    private func id(of server: RedisServer) async throws -> String {
        try await server.probe.command("CLUSTER", "MYID").text
    }
}
