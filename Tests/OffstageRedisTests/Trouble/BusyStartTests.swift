// A server that is in the middle of a long script takes nothing but a login: a program that starts then waits for it,
// as long as any call would, and is not refused as if somebody had to put something right.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct BusyStartTests {
    /// Runs a script that never ends, until it is killed.
    private static func whileBusy(
        _ server: RedisServer,
        _ body: @escaping @Sendable (_ kill: @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
        // A probe's commands go one after the other, so the script has its own.
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

    /// With a database to choose, too, which the server refuses meanwhile.
    @Test(arguments: [0, 3]) func whoStartsWhileTheServerIsBusyWaits(database: Int) async throws {
        let server = try await RedisServer.start(.with("lua-time-limit 100"))
        let url = "redis://127.0.0.1:\(server.port)/\(database)"
        try await Self.whileBusy(server) { kill in
            async let opening = Trouble.store(url, patience: .seconds(20))
            // Longer than an absent server is waited for.
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
