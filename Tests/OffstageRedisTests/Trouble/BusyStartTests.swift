// A server that runs a long script accepts nothing but a login. A program that starts then waits for it, as long as any
// call would, instead of failing as if a setting were wrong.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct BusyStartTests {
    /// Runs a body while the server executes an endless script, then kills the script.
    private static func whileBusy(
        _ server: RedisServer,
        _ body: @escaping @Sendable (_ kill: @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
        // A probe runs its commands one after the other, so the script has its own probe.
        let busy = RedisProbe(.tcp(server.port))
        let script = Task { try? await busy.command("EVAL", "while true do end", "0", within: .seconds(60)) }
        let isBusy = await TestSignal.holds {
            do {
                try await server.probe.command("GET", "x", within: .seconds(1))
                return false
            } catch let error as RedisReplyError { return error.code == "BUSY" } catch { return false }
        }
        #expect(isBusy)
        try await body { try await server.probe.command("SCRIPT", "KILL") }
        _ = await script.value
    }

    /// Also with a database to select, which the server refuses meanwhile.
    @Test(arguments: [0, 3]) func whoStartsWhileTheServerIsBusyWaits(database: Int) async throws {
        let server = try await RedisServer.start(.with("lua-time-limit 100"))
        let url = "redis://127.0.0.1:\(server.port)/\(database)"
        try await Self.whileBusy(server) { kill in
            async let opening = Trouble.store(url, patience: .seconds(20))
            // Longer than the wait for an absent server.
            try await SystemTime().sleep(for: .seconds(4))
            try await kill()
            let store = try await opening
            #expect(try await store.put() == .stored(.available))
            await store.close()
        }
    }

    @Test func whoseTimeIsOverIsToldThatTheServerIsBusy() async throws {
        let server = try await RedisServer.start(.with("lua-time-limit 100"))
        try await Self.whileBusy(server) { kill in
            let (error, line, took) = await Trouble.failure {
                _ = try await Trouble.store(server.url, patience: .seconds(1))
            }
            guard case .busy = error else {
                Issue.record("\(line)")
                return
            }
            #expect(line.contains("BUSY") && line.contains("\(server.port)") && !line.contains("\n"), "\(line)")
            #expect(took > .milliseconds(900) && took < .seconds(6), "\(took)")
            try await kill()
        }
    }
}
