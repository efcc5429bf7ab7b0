// Redis' settings: a client that may connect reaches nothing but the data, with any version.
import Foundation
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("Redis as a component", .timeLimit(.minutes(1)))
struct RedisSettingsTests {
    @Test(
        "versions from 7 on and every Valkey guard themselves",
        arguments: [
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", true),
            ("Valkey server v=8.1.1 sha=00000000:0", true), ("Redis server v=10.0.0 sha=0", true),
            ("Redis server v=6.2.14 sha=00000000:0", false), ("Redis server v=5.0.7", false), ("", false),
        ])
    func versions(text: String, isGuarded: Bool) {
        #expect(RedisService.isGuarded(text) == isGuarded)
    }

    @Test("a server has no command that reaches outside its folder", arguments: [true, false])
    func refused(isGuarded: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-redis-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try LocalPort.free()
        let settings = RedisService.settings(path: folder, port: port, isGuarded: isGuarded)
        try SmallFile.write(settings, to: "\(folder)/redis.conf")
        let program = try #require(ServerProgram.find("redis-server", path: nil))
        let server = try await ComponentProcess.start(
            ComponentLaunch(program: program, arguments: ["\(folder)/redis.conf"], folder: folder))
        defer { server.kill() }
        async let output = collect(server.output)
        async let errors = collect(server.errors)
        for _ in 0..<200 {
            if await Readiness.answersPing(port).holds(age: .zero) { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        for command in ["CONFIG SET dir /tmp", "CONFIG SET dbfilename x", "MODULE LOAD /x.so", "DEBUG SLEEP 0"] {
            let answer = await SystemThread.call { LocalPort.ask(port, Array("\(command)\r\n".utf8)) } ?? nil
            #expect(answer?.first == UInt8(ascii: "-"), "\(command): \(String(decoding: answer ?? [], as: UTF8.self))")
        }
        #expect(LocalPort.ask(port, Array("SET a b\r\n".utf8)) == Array("+OK\r\n".utf8))
        server.kill()
        _ = await (output, errors)
    }
}
