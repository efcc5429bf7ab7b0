// The control socket: its lines, who is heard, and that a stale one is replaced.
import Foundation
import OffstageCore
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

    @Test("no request is heard that does not bear the token", arguments: ["", "x", "token-", "Token", "token2"])
    func token(borne: String) {
        let reason = "the request does not bear the token that lies beside the control socket"
        for line in [ControlRequest.down.line(token: borne), Array(#"{"do":"down"}"#.utf8)] {
            #expect(throws: ComponentError(reason)) { try ControlRequest(line: line, token: "token") }
        }
    }

    @Test(
        "what is none is refused with a line",
        arguments: [
            "", "{", "[]", #"{"token":"t"}"#, #"{"token":"t","do":"dance"}"#, #"{"token":"t","do":"restart"}"#,
            #"{"token":"t","do":"scale","component":"worker.a"}"#,
        ])
    func refused(line: String) {
        #expect(throws: ComponentError.self) { try ControlRequest(line: Array(line.utf8), token: "t") }
    }

    @Test("a server takes the place of a stale socket, answers, and only its user may come near")
    func server() async throws {
        let given = FileManager.default.temporaryDirectory.appending(
            path: "offstage-control-\(UUID().uuidString)/\(String(repeating: "deep/", count: 20))"
        ).path
        try FileManager.default.createDirectory(atPath: given, withIntermediateDirectories: true)
        let folders = try AppFolders.prepared(app: given, surroundings: [:])
        try SmallFile.write("stale", to: folders.control)
        let server = try ControlServer(folders) { request in
            request == .list ? ControlReply.done { $0.member("n", 1) } : ControlReply.failure("no")
        }
        for path in [folders.control, folders.token] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(try await ControlClient.ask(.list, folders)?["n"]?.integerValue == 1)
        await #expect(throws: ComponentError("no")) { try await ControlClient.ask(.down, folders) }
        await server.stop(time: SystemTime())
        #expect(try await ControlClient.ask(.list, folders) == nil)
    }
}
