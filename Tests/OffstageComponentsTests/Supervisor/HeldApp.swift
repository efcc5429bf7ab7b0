// An app run by a Supervisor inside the test, without a console, so that a test can set the timeouts.
import Foundation
import OffstageCore
import Synchronization
import Testing

@testable import OffstageComponents

/// A supervised app inside the test's process.
final class HeldApp: Sendable {
    let folders: AppFolders
    let supervisor: Supervisor
    let logs: LogPump
    private let folder: String
    private let said: Lines

    private final class Lines: Sendable {
        let all = Mutex<[LogLine]>([])
    }

    init(
        _ boxfile: String, files: [String: String] = [:], _ change: (inout SupervisorOptions) -> Void = { _ in }
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "offstage-held-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
        folders = try AppFolders.prepared(app: folder, surroundings: [:])
        var options = SupervisorOptions()
        options.surroundings = ["PATH": "/usr/bin:/bin"]
        options.workerAge = .milliseconds(100)
        change(&options)
        let said = Lines()
        self.said = said
        logs = try LogPump(folder: nil, time: SystemTime()) { lines in said.all.withLock { $0 += lines } }
        let lock = try #require(try FolderLock.take(folders.lock))
        supervisor = Supervisor(
            try Boxfile.parse(boxfile), folders: folders, options: options, logs: logs, lock: lock,
            time: SystemTime())
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What was logged and written so far.
    var lines: [String] { said.all.withLock { $0.map(\.text) } }

    func count(_ text: String) -> Int { lines.count { $0.contains(text) } }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// Waits up to 30 seconds for a condition.
    func expect(
        _ what: String, at place: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<600 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(what) did not come:\n\(lines.suffix(25).joined(separator: "\n"))", sourceLocation: place)
    }

    func pids(_ component: String) async -> [Int] {
        await supervisor.status().filter { $0.component == component && !$0.isLeaving }.compactMap(\.pid)
    }

    func stop() async {
        await supervisor.stop()
        await logs.finish()
    }
}
