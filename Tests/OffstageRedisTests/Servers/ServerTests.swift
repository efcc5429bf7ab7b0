// The kit that the other tests use, with real servers. If a frozen server replied here, or a killed one lost what it
// had promised to keep, the findings of the other tests would be worthless.
import Foundation
import OffstageTesting
import RedisServers
import Testing

@Suite("Redis servers: one server", .timeLimit(.minutes(2)))
struct ServerTests {
    @Test("a started server replies on its port and on its socket file")
    func answers() async throws {
        let server = try await RedisServer.start()
        #expect(try await server.probe.command("SET", "a", "b").text == "OK")
        #expect(try await RedisProbe(.tcp(server.port)).command("GET", "a").text == "b")
        #expect(server.url == "redis://127.0.0.1:\(server.port)/0")
    }

    @Test("a server that was stopped, killed or released leaves no process")
    func leavesNothing() async throws {
        let stopped = try await RedisServer.start()
        let killed = try await RedisServer.start()
        var dropped: RedisServer? = try await RedisServer.start()
        let pids = [stopped.pid, killed.pid, dropped?.pid].compactMap { $0 }
        #expect(pids.count == 3)
        try await stopped.stop()
        try await killed.kill()
        dropped = nil
        #expect(!stopped.isRunning && !killed.isRunning && dropped == nil)
        #expect(await TestSignal.holds { pids.allSatisfy { kill($0, 0) != 0 && errno == ESRCH } })
    }

    @Test("a killed test process takes its servers with it, a frozen one too")
    func diesWithTheTests() async throws {
        let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let servers = try await [RedisServer.start(), RedisServer.start()]
            try await servers[0].freeze()
            let facts = servers.compactMap(\.pid).map(String.init) + servers.map(\.folder)
            let line = "\npids " + facts.joined(separator: " ") + " end\n"
            FileHandle.standardOutput.write(Data(line.utf8))
            kill(getpid(), SIGKILL)
        }
        let words = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self).split(separator: " ")
        let start = try #require(words.firstIndex { $0.hasSuffix("pids") })
        let facts = words.dropFirst(start + 1).prefix(4)
        let pids = facts.compactMap { Int32($0) }
        #expect(pids.count == 2)
        #expect(await TestSignal.holds { pids.allSatisfy { kill($0, 0) != 0 && errno == ESRCH } })
        // A killed process cannot clean up.
        for folder in facts.suffix(2) { try FileManager.default.removeItem(atPath: String(folder)) }
    }

    @Test("a frozen server does not reply, a thawed one does")
    func freezes() async throws {
        let server = try await RedisServer.start()
        try await server.freeze()
        #expect(await !server.probe.answersPing(within: .milliseconds(200)))
        server.thaw()
        #expect(await server.probe.answersPing(within: .seconds(5)))
    }

    @Test("what was acknowledged with appendfsync always survives a kill and a restart, on the same port")
    func keeps() async throws {
        let server = try await RedisServer.start(.durable(.always))
        for number in 0..<100 { try await server.probe.command("SET", "key:\(number)", "\(number)") }
        let pid = server.pid
        try await server.restart()
        #expect(server.pid != pid)
        #expect(try await RedisProbe(.tcp(server.port)).command("DBSIZE").number == 100)
        #expect(try await server.probe.command("GET", "key:99").text == "99")
    }

    @Test("a server without an append-only file loses its data")
    func forgets() async throws {
        let server = try await RedisServer.start()
        try await server.probe.command("SET", "a", "b")
        try await server.restart()
        #expect(try await server.probe.command("DBSIZE").number == 0)
    }

    @Test("a password, a memory limit and other settings reach the server")
    func settings() async throws {
        var settings = RedisSettings.with("hz 50")
        settings.password = "open"
        settings.maxMemory = "20mb"
        settings.maxMemoryPolicy = "allkeys-lru"
        let server = try await RedisServer.start(settings)
        await #expect(throws: RedisReplyError.self) {
            try await RedisProbe(.tcp(server.port)).command("GET", "a")
        }
        #expect(try await server.probe.command("CONFIG", "GET", "maxmemory-policy").array.last?.text == "allkeys-lru")
        #expect(try await server.probe.command("CONFIG", "GET", "hz").array.last?.text == "50")
        #expect(server.url == "redis://:open@127.0.0.1:\(server.port)/0")
    }

    @Test("the error contains a setting that the server does not know")
    func badLine() async throws {
        let error = await #expect(throws: ServerError.self) {
            try await RedisServer.start(.with("no-such-setting yes"))
        }
        #expect(error?.description.contains("no-such-setting") == true)
    }
}
