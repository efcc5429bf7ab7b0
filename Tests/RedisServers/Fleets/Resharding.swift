// Moves and repairs of slots by redis-cli, as an administrator does them.
import OffstageCore
import OffstageTesting

extension RedisCluster {
    /// Moves this many of the lowest slots of one master to another (`redis-cli --cluster reshard`). Throws
    /// `ServerError`.
    public func reshard(_ slots: Int, from source: RedisServer, to target: RedisServer) async throws {
        let words = try await resharding(slots, from: source, to: target)
        try await Tool.client.run(words, in: target.folder, within: .seconds(120))
    }

    /// Starts the same move, and kills redis-cli with SIGKILL after the given time.
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

    /// Closes slots that were left open, and moves their keys to one node (`redis-cli --cluster fix`). Throws
    /// `ServerError`.
    public func fix() async throws {
        guard let node = servers.first(where: \.isRunning) else { throw ServerError("no node of the cluster runs") }
        // It gives up where a node does not know yet what another one has just decided.
        for attempt in 1...5 {
            do {
                try await Tool.client.run(
                    login + ["--cluster", "fix", "127.0.0.1:\(node.port)", "--cluster-yes"], in: node.folder,
                    within: .seconds(60))
                break
            } catch {
                guard attempt < 5 else { throw error }
                try await SystemTime().sleep(for: .seconds(2))
            }
        }
        try await isWhole()
    }

    /// Kills the master of a half-moved slot once its replica is in sync, and waits until the replica is master. The
    /// importing node does not accept that, and reports until the repair that the cluster is down. Throws
    /// `ServerError`.
    public func failoverInMiddle(of migration: SlotMigration) async throws -> (old: RedisServer, new: RedisServer) {
        func keys(_ server: RedisServer) async throws -> Int? {
            try await server.probe.command("CLUSTER", "COUNTKEYSINSLOT", "\(migration.slot)").number
        }
        guard let replica = try await replicas(ofSlot: migration.slot).first else {
            throw ServerError("the master of slot \(migration.slot) has no replica")
        }
        let isInStep = try await TestSignal.holds { try await keys(replica) == keys(migration.source) }
        guard isInStep else { throw ServerError("replica \(replica.port) does not get in step") }
        // A node that has just taken slots has a new configuration epoch. Until the others know it, they refuse their
        // votes to its replica, and could later take the old master's claim for the newer one.
        let source = try await id(of: migration.source)
        let isAgreed = await TestSignal.holds(within: .seconds(30)) {
            var epochs: Set<Substring> = []
            for server in servers where server.isRunning {
                let text = (try? await server.probe.command("CLUSTER", "NODES", within: .seconds(1)).text) ?? ""
                let fields = text.split(separator: "\n").first { $0.hasPrefix(source) }?.split(separator: " ") ?? []
                epochs.insert(fields.count > 6 ? Substring(String(fields[6])) : "")
            }
            return epochs.count == 1
        }
        guard isAgreed else { throw ServerError("the nodes disagree about the epoch of \(migration.source.port)") }
        try await migration.source.kill()
        guard await becomes("master", replica) else { throw ServerError("\(replica.port) does not become master") }
        return (migration.source, replica)
    }

    /// Restarts a master that was replaced, and repairs slots that its death left half moved. Throws `ServerError`.
    public func repair(_ old: RedisServer) async throws {
        try await old.restart()
        guard await becomes("slave", old) else { throw ServerError("\(old.port) does not become a replica") }
        try await fix()
    }

    private func becomes(_ role: String, _ server: RedisServer) async -> Bool {
        await TestSignal.holds(within: .seconds(30)) { (try? await server.probe.info("replication"))?["role"] == role }
    }

    /// Returns the slots that a master itself reports as migrating or importing.
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
