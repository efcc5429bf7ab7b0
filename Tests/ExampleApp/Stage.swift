// The example app in a folder of its own, with a Redis and a mail server beside it, all on free ports of 127.0.0.1 and
// all gone when the test lets go of them.

import Foundation
import OffstageCore
import OffstageTesting
import RedisServers

/// The app, running.
final class Stage: Sendable {
    let address: String
    private let scratch: ScratchDirectory
    private let redis: RedisServer
    private let mailServer: KeptProcess
    private let web: KeptProcess
    private let worker: KeptProcess

    /// Starts everything and waits until the page is served.
    static func start() async throws -> Stage {
        let stage = try Stage(redis: await RedisServer.start())
        guard await TestSignal.holds(within: .seconds(30), { stage.hasStarted }) else {
            throw BrowserError(description: "the app does not start: \(stage.log)")
        }
        return stage
    }

    private init(redis: RedisServer) throws {
        self.redis = redis
        scratch = try ScratchDirectory(onDisk: true)
        let app = scratch.file("app")
        for folder in [app, scratch.file("mails")] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        for name in ["page", "subscribers.txt"] {
            try FileManager.default.copyItem(atPath: "\(Self.examples)/App/\(name)", toPath: "\(app)/\(name)")
        }
        let mailPort = try FreePort.take()
        mailServer = try KeptProcess(
            ["/usr/bin/python3", "\(Self.examples)/Demo/smtp_sink.py", scratch.file("mails"), "\(mailPort)"],
            log: scratch.file("mail.log"))
        let port = try FreePort.take()
        address = "http://127.0.0.1:\(port)"
        let environment = [
            "/usr/bin/env", "-C", app, "DATA_QUEUE_HOST=127.0.0.1", "DATA_QUEUE_PORT=\(redis.port)",
            "SMTP_URL=smtp://127.0.0.1:\(mailPort)", try Self.program("offstage-example"),
        ]
        web = try KeptProcess(environment + ["web", "--port", "\(port)"], log: scratch.file("web.log"))
        worker = try KeptProcess(
            environment + ["work", "--queues", "newsletter,mail,photographs", "--concurrency", "8"],
            log: scratch.file("worker.log"))
    }

    // Waits, for the folder goes next.
    deinit { for process in [worker, web, mailServer] { process.end() } }

    /// What the processes wrote last.
    var log: String { [web, worker, mailServer].map { $0.log.suffix(1000) }.joined(separator: "\n") }

    private var hasStarted: Bool {
        web.log.contains("serving on") && worker.log.contains("is ready") && !mailServer.log.isEmpty
    }

    /// A file of the test's, outside of the app's folder.
    func file(_ name: String) -> String { scratch.file(name) }

    /// The mails that the server took.
    func mails() throws -> [String] {
        let folder = scratch.file("mails")
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".eml") }.map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
    }

    /// This file lies two folders below the package's root.
    private static let examples = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples").path

    /// A program that was built with the tests: it lies beside them.
    private static func program(_ name: String) throws -> String {
        let own =
            [CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""] + Bundle.allBundles.map(\.bundlePath)
        let places = own.map { URL(filePath: $0).deletingLastPathComponent().path + "/" + name }
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BrowserError(description: "\(name) was not built: it is none of \(places)")
        }
        return place
    }
}
