// Missing rights must be found before a script runs: a script that fails in the middle has stored a job and reports a
// failure. So opening a store tries every command of the scripts, in a form that changes nothing.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(3))) struct RightsTests {
    /// All words in the scripts that are Redis commands.
    private static let commands: Set<String> = {
        let scripts = RedisScripts()
        let sources = [
            scripts.enqueue, scripts.work, scripts.note, scripts.renew, scripts.maintain, scripts.heartbeat,
            scripts.command, scripts.retire, scripts.workers, scripts.pause, scripts.change, scripts.find, scripts.list,
            scripts.counts, scripts.standing, scripts.history, scripts.returns, scripts.idle, RedisScripts.adopting,
        ].map(\.source)
        let words = Set(sources.flatMap { $0.matches(of: #/'([A-Z]{3,})'/#).map { String($0.1) } })
        return words.subtracting(["LIMIT", "WITHSCORES", "MYID", "CLUSTER", "MATCH", "COUNT"])
    }()

    private static func server() async throws -> RedisServer {
        var settings = RedisSettings()
        settings.users = ["default off", "app on >secret ~* &* +@all"]
        return try await RedisServer.start(settings)
    }

    private static func open(_ server: RedisServer, _ options: String = "") async -> (StoreError?, String) {
        let (error, line, _) = await Trouble.failure {
            try await Trouble.store(server.url(user: "app", password: "secret") + options).close()
        }
        return (error, line)
    }

    @Test func eachCommandThatIsMissingIsNamedAtTheOpening() async throws {
        let server = try await Self.server()
        #expect(Self.commands.count > 35)
        for (place, command) in Self.commands.sorted().enumerated() {
            // In an existing namespace, and in a new one, of which nothing is left behind. Opening an existing
            // namespace does not use SET.
            for namespace in command == "SET" ? ["new-\(place)"] : ["known", "new-\(place)"] {
                try await server.probe.command("ACL", "SETUSER", "app", "+@all")
                let options = "?namespace=\(namespace)"
                if namespace == "known" { #expect(await Self.open(server, options).0 == nil) }
                try await server.probe.command("ACL", "SETUSER", "app", "-\(command.lowercased())")
                let (error, line) = await Self.open(server, options)
                guard case .unusable = error else {
                    Issue.record("\(command): \(line)")
                    continue
                }
                #expect(line.contains(command) || line.contains("user"), "\(command): \(line)")
                #expect(!line.contains("\n") && line.contains("\(server.port)"))
            }
            if command != "DEL" { #expect(try await server.number("EXISTS", "{new-\(place).0}identity") == 0) }
            #expect(try await server.number("EXISTS", "{new-\(place).0}meta") == 0)
        }
    }

    @Test func aUserWithoutChannelsIsRefusedAtTheOpening() async throws {
        let server = try await Self.server()
        try await server.probe.command("ACL", "SETUSER", "app", "resetchannels")
        for options in ["", "?partitions=4&namespace=four"] {
            let (error, line) = await Self.open(server, options)
            guard case .unusable = error else {
                Issue.record("\(line)")
                return
            }
            #expect(line.contains("may not PUBLISH") && line.contains("&{") && !line.contains("\n"), "\(line)")
        }
        try await server.probe.command("ACL", "SETUSER", "app", "&{offstage.*")
        #expect(await Self.open(server).0 == nil)
    }

    @Test func whoMayOnlyReadCanLook() async throws {
        let server = try await Self.server()
        let store = try await Trouble.store(server.url(user: "app", password: "secret"))
        let job = Trouble.job()
        _ = try await store.put(job)
        await store.close()
        try await server.probe.command("ACL", "SETUSER", "app", "-@write", "-publish")
        let looker = try await Trouble.store(server.url(user: "app", password: "secret"))
        #expect(try await looker.state(job.id) == .available)
        let (error, line, _) = await Trouble.failure { _ = try await looker.put() }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(try await server.number("HLEN", "{offstage.0}jobs") == 1)
        await looker.close()
    }

    /// Rights are revoked while a store is in use: what was written stays written, and no call reports otherwise.
    @Test func aPublishThatIsRefusedLaterDoesNotFailWhatWasStored() async throws {
        let server = try await Self.server()
        let store = try await Trouble.store(server.url(user: "app", password: "secret"))
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
        waiter.arm()
        #expect(try await TestSignal.holds { try await server.number("HLEN", "{offstage.0}selections") == 1 })
        try await server.probe.command("ACL", "SETUSER", "app", "resetchannels")
        let job = Trouble.job()
        #expect(try await store.put(job) == .stored(.available))
        #expect(try await store.state(job.id) == .available)
        #expect(try await Hand().drain(store) == [job.id])
        waiter.close()
        await store.close()
    }

    @Test func aSubscriptionThatIsRefusedIsTriedLessAndLessOftenAndToldOnce() async throws {
        let server = try await Self.server()
        let log = Lines()
        var options = Trouble.options()
        options.log = log
        let store = try await RedisStore.open(server.url(user: "app", password: "secret"), options: options)
        try await server.probe.command("ACL", "SETUSER", "app", "-subscribe")
        try await server.probe.command("CONFIG", "RESETSTAT")
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
        waiter.arm()
        #expect(await TestSignal.holds { log.count > 0 })
        try await SystemTime().sleep(for: .seconds(4))
        #expect(log.count <= 2, "\(log.all)")
        let connections = try await server.probe.info("stats")["total_connections_received"].flatMap { Int($0) } ?? 0
        #expect(connections < 30, "\(connections)")
        try await server.probe.command("ACL", "SETUSER", "app", "+subscribe")
        #expect(await TestSignal.holds { log.all.contains { $0.contains("connected again") } })
        waiter.close()
        await store.close()
    }

    @Test func aWaitForReplicasThatIsRefusedLeavesTheOutcomeUnknown() async throws {
        let server = try await Self.server()
        let store = try await Trouble.store(server.url(user: "app", password: "secret") + "?wait=1&wait-timeout=100ms")
        try await server.probe.command("ACL", "SETUSER", "app", "-wait")
        let job = Trouble.job()
        let (error, line, _) = await Trouble.failure { _ = try await store.put(job) }
        guard case .unknownOutcome = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("was done") && !line.contains("\n"), "\(line)")
        #expect(try await store.state(job.id) == .available)
        await store.close()
    }
}

/// Collects what is logged.
private final class Lines: Log {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var count: Int { all.count }

    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        guard level >= .info else { return }
        lines.withLock { $0.append("\(message) \(facts)") }
    }
}
