// Commands on a store that is unavailable: they wait as long as the documentation states and end with a one-line error.
import Foundation
import OffstageCore
import RedisServers
import Testing

@Suite(.timeLimit(.minutes(2))) struct AwayTests {
    private let scratch = Scratch()

    private func run(_ words: [String], store: String) async throws -> (seconds: Double, result: ProgramResult) {
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        let result = try await Program.run(words + ["--store", store], in: scratch)
        return (Double(clock.monotonicMicroseconds() - begun) / 1e6, result)
    }

    @Test(arguments: [["enqueue", "t", "1"], ["stats"]], [true, false])
    func commandsWaitTenSecondsForARedis(words: [String], isFrozen: Bool) async throws {
        let server = try await RedisServer.start()
        #expect(try await run(["enqueue", "t", "1"], store: server.url).result.status == 0)
        if isFrozen { try await server.freeze() } else { try await server.kill() }
        let (seconds, result) = try await run(words, store: server.url)
        #expect(result.status == 1)
        #expect((9...20).contains(seconds), "\(seconds) s: \(result.messages)")
        #expect(result.messages.split(separator: "\n").count == 1, "\(result.messages)")
        if isFrozen { server.thaw() }
    }

    @Test(arguments: [true, false]) func theyGoOnOnceItIsThere(isFrozen: Bool) async throws {
        let server = try await RedisServer.start(.durable(.always))
        #expect(try await run(["enqueue", "t", "1"], store: server.url).result.status == 0)
        if isFrozen { try await server.freeze() } else { try await server.kill() }
        let command = Task { try await run(["enqueue", "t", "2"], store: server.url) }
        try await Task.sleep(for: .seconds(6))
        if isFrozen { server.thaw() } else { try await server.restart() }
        let (seconds, result) = try await command.value
        #expect(result.status == 0 && seconds > 5, "\(seconds) s: \(result.messages)")
        let stats = try await run(["stats", "--json"], store: server.url).result
        #expect(try JSON.parse(stats.output)["jobs"]?["available"] == .number("2"), "\(stats.output)")
    }
}
