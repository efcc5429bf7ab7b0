// The example app as it is shipped, with its boxfile, in a temporary folder and run by `offstage up`. A mail server
// runs next to it, because the app has none. Everything uses free ports of 127.0.0.1 and ends when the test releases it
// or is killed. Where the tests run as root, the app still runs as an ordinary user.

import Foundation
import OffstageCore
import OffstageSystem
import OffstageTesting
import RedisServers

/// The running app.
final class Stage: Sendable {
    /// A user and group without a name.
    private static let user = 64_321

    /// How long the mail server takes for each mail. The delay lets a test see the page count.
    private static let mailMilliseconds = "30"

    let address: String
    private let scratch: ScratchDirectory
    private let mailServer: KeptProcess
    private let up: KeptProcess

    /// Starts everything and waits until `offstage up` reports that it is ready.
    static func start() async throws -> Stage {
        let stage = try Stage()
        let isThere = await TestSignal.holds(within: .seconds(60)) {
            stage.up.isOver || stage.mailServer.isOver
                || stage.log.contains("everything is up") && !stage.mailServer.log.isEmpty
        }
        guard isThere, !stage.up.isOver, !stage.mailServer.isOver else {
            throw BrowserError(description: "the app does not start: \(stage.log) \(stage.mailServer.log)")
        }
        return stage
    }

    private init() throws {
        scratch = try ScratchDirectory(onDisk: true)
        let app = scratch.file("app")
        let mails = scratch.file("mails")
        for folder in [app, "\(app)/bin", mails] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        for name in ["boxfile.yml", "page", "subscribers.txt"] {
            try FileManager.default.copyItem(atPath: "\(Self.examples)/App/\(name)", toPath: "\(app)/\(name)")
        }
        for name in ["offstage", "offstage-example"] {
            try FileManager.default.copyItem(atPath: Self.program(name), toPath: "\(app)/bin/\(name)")
        }
        let mailPort = try FreePort.take()
        mailServer = try KeptProcess(
            ["/usr/bin/python3", "\(Self.examples)/Demo/smtp_sink.py", mails, "\(mailPort)", Self.mailMilliseconds],
            log: scratch.file("mail.log"))
        let port = try FreePort.take()
        address = "http://127.0.0.1:\(port)"
        // The app's state must not end up in the home folder of the user who runs the tests.
        let state = scratch.file("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        var command = [
            "/usr/bin/env", "-C", app, "SMTP_URL=smtp://127.0.0.1:\(mailPort)", "XDG_STATE_HOME=\(state)",
        ]
        if getuid() == 0 {
            try Self.give(app)
            try Self.give(state)
            command += ["/usr/bin/setpriv", "--reuid=\(Self.user)", "--regid=\(Self.user)", "--clear-groups"]
        }
        up = try KeptProcess(
            command + ["\(app)/bin/offstage", "up", "--port", "127.0.0.1:\(port)"], log: scratch.file("up.log"))
    }

    // Waits, because the folder is deleted next.
    deinit { for process in [up, mailServer] { process.end() } }

    /// The end of what `offstage up` and the components wrote.
    var log: String { String(up.log.suffix(4000)) }

    /// Slows the worker to a tenth of its speed during `act`: a fast machine would finish between two polls of the
    /// page.
    func slowly(_ act: () async throws -> Void) async throws {
        let group = try await -workerGroup()
        let brake = Task {
            while !Task.isCancelled {
                kill(group, SIGSTOP)
                try? await Task.sleep(for: .milliseconds(90))
                kill(group, SIGCONT)
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { brake.cancel() }
        try await act()
        brake.cancel()
        // The worker continues before this task ends: a cancelled sleep returns at once.
        await brake.value
    }

    /// The worker's process id, which is also the id of its process group.
    private func workerGroup() async throws -> Int32 {
        let app = scratch.file("app")
        let ps = try KeptProcess(
            ["\(app)/bin/offstage", "ps", "--json", "--folder", app], log: scratch.file("ps.log"))
        try await ps.ends()
        // Notes on the boxfile may precede the JSON.
        let answer = ps.log.split(separator: "\n").last { $0.hasPrefix("[") }.map { String($0) } ?? "null"
        let worker = try JSON.parse(answer).items.first { $0["component"]?.stringValue == "worker.main" }
        guard let pid = worker?["pid"]?.integerValue, pid > 1 else {
            throw BrowserError(description: "offstage ps tells no worker: \(ps.log)")
        }
        return Int32(pid)
    }

    /// Stops the app as Ctrl-C would and returns its exit status.
    func end() async throws -> Int {
        up.signal(SIGTERM)
        return try await up.ends(within: .seconds(60))
    }

    /// The path of a file that belongs to the test, outside the app's folder.
    func file(_ name: String) -> String { scratch.file(name) }

    /// The mails that the server accepted.
    func mails() throws -> [String] {
        let folder = scratch.file("mails")
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".eml") }.map {
            String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\($0)")), as: UTF8.self)
        }
    }

    private static func give(_ folder: String) throws {
        let paths = [folder] + (FileManager.default.subpaths(atPath: folder) ?? []).map { "\(folder)/\($0)" }
        for path in paths where chown(path, uid_t(user), gid_t(user)) != 0 {
            throw BrowserError(description: "cannot give \(path) away: \(LibC.reason(errno))")
        }
    }

    /// This file is two folders below the package's root.
    private static let examples = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples").path

    /// The path of a program that was built with the tests, in the same folder as the test bundle.
    private static func program(_ name: String) throws -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let started = [own, CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""]
        let places = started.map { URL(filePath: $0).deletingLastPathComponent().path + "/" + name }
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BrowserError(description: "\(name) was not built: it is none of \(places)")
        }
        return place
    }
}
