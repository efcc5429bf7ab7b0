// The control socket: its lines, which requests are accepted, and that a stale socket is replaced.
import Foundation
import OffstageCore
import OffstageSystem
import Synchronization
import Testing

@testable import OffstageComponents

@Suite("the control socket")
struct ControlTests {
    @Test("every request is read as it was written")
    func lines() throws {
        let name = try #require(ComponentName("worker.main"))
        for request: ControlRequest in [.list, .environment, .down, .restart(name), .scale(name, 4)] {
            #expect(try ControlRequest(line: request.line(token: "t"), token: "t") == request)
        }
    }

    @Test("a request without the token is refused", arguments: ["", "x", "token-", "Token", "token2"])
    func token(borne: String) {
        let reason = "the request does not bear the token that lies beside the control socket"
        for line in [ControlRequest.down.line(token: borne), Array(#"{"do":"down"}"#.utf8)] {
            #expect(throws: ComponentError(reason)) { try ControlRequest(line: line, token: "token") }
        }
    }

    @Test(
        "a line that is no request is refused with a message",
        arguments: [
            "", "{", "[]", #"{"token":"t"}"#, #"{"token":"t","do":"dance"}"#, #"{"token":"t","do":"restart"}"#,
            #"{"token":"t","do":"scale","component":"worker.a"}"#,
        ])
    func refused(line: String) {
        #expect(throws: ComponentError.self) { try ControlRequest(line: Array(line.utf8), token: "t") }
    }

    @Test("a server replaces a stale socket, answers, and is accessible to its user only")
    func server() async throws {
        let given = FileManager.default.temporaryDirectory.appending(
            path: "offstage-control-\(UUID().uuidString)/\(String(repeating: "deep/", count: 20))"
        ).path
        try FileManager.default.createDirectory(atPath: given, withIntermediateDirectories: true)
        let folders = try AppFolders.prepared(app: given, surroundings: [:])
        try SmallFile.write("stale", to: folders.control)
        let server = try ControlServer(folders, time: SystemTime()) { request in
            request == .list ? ControlReply.done { $0.member("n", 1) } : ControlReply.failure("no")
        }
        for path in [folders.control, folders.token] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(try await ControlClient.ask(.list, folders)?["n"]?.integerValue == 1)
        await #expect(throws: ComponentError("no")) { try await ControlClient.ask(.down, folders) }
        await server.stop()
        #expect(try await ControlClient.ask(.list, folders) == nil)
    }

    private func folders() throws -> AppFolders {
        let given = FileManager.default.temporaryDirectory.appending(path: "offstage-control-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: given, withIntermediateDirectories: true)
        return try AppFolders.prepared(app: given, surroundings: [:])
    }

    @Test(
        "lines that arrive a byte at a time hold all places for a moment only, and others are told so",
        .timeLimit(.minutes(1)))
    func drip() async throws {
        let folders = try folders()
        let server = try ControlServer(folders, time: SystemTime(), patience: .seconds(8)) { _ in
            ControlReply.done()
        }
        let held = try (0..<16).map { _ in try #require(try UnixSocket.connect(folders.control)) }
        let drops = Task {
            while !Task.isCancelled {
                for one in held { SocketLine.write(one, [0x20]) }
                try? await Task.sleep(for: .milliseconds(100))
            }
            for one in held { close(one) }
        }
        var isRefused = false
        for _ in 0..<400 where !isRefused {
            do {
                _ = try await ControlClient.ask(.list, folders)
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                #expect("\(error)".hasPrefix("busy"))
                isRefused = true
            }
        }
        #expect(isRefused)
        var isHeard = false
        for _ in 0..<400 where !isHeard {
            isHeard = (try? await ControlClient.ask(.list, folders)) != nil
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(isHeard)
        drops.cancel()
        await drops.value
        await server.stop()
    }

    @Test("waiting changes do not block listing and ending", .timeLimit(.minutes(1)))
    func waiting() async throws {
        let folders = try folders()
        let name = try #require(ComponentName("worker.main"))
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let begun = Mutex(0)
        let server = try ControlServer(folders, time: SystemTime()) { request in
            if request == .restart(name) {
                begun.withLock { $0 += 1 }
                for await _ in gate {}
            }
            return ControlReply.done()
        }
        try await withThrowingTaskGroup { group in
            // One after another, because more than sixteen unread ones are refused.
            for number in 1...20 {
                group.addTask { try await ControlClient.ask(.restart(name), folders) }
                for _ in 0..<500 where begun.withLock({ $0 < number }) { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(begun.withLock { $0 } == 20)
            #expect(try await ControlClient.ask(.list, folders) != nil)
            #expect(try await ControlClient.ask(.down, folders) != nil)
            opening.finish()
            for try await answer in group { #expect(answer != nil) }
        }
        await server.stop()
    }
}
