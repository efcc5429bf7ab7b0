// A worker whose heartbeat was seen once and then stops is killed and restarted; others are left alone.
import Foundation
import OffstageCore
import Synchronization
import Testing

@testable import OffstageComponents

@Suite("liveness", .timeLimit(.minutes(1)))
struct LivenessTests {
    /// A heartbeat that a test can stop.
    private final class Heart: Sendable {
        let pid = Mutex<Int?>(nil)
    }

    @Test("one that has fallen silent is killed and restarted; one that was never seen is not")
    func silent() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-live-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let boxfile = try Boxfile.parse("worker.a: { start: exec sleep 100 }\nworker.b: { start: exec sleep 100 }")
        let folders = try AppFolders.prepared(app: folder, surroundings: [:])
        let heart = Heart()
        var options = SupervisorOptions()
        options.surroundings = ["PATH": "/usr/bin:/bin"]
        options.workerAge = .zero
        options.heartbeatPause = .milliseconds(50)
        options.silence = .seconds(1)
        options.heartbeats = { _ in heart.pid.withLock { $0 }.map { [Heartbeat(pid: $0, age: .zero)] } ?? [] }
        let logs = try LogPump(folder: nil, time: SystemTime()) { _ in }
        let lock = try #require(try FolderLock.take(folders.lock))
        let app = Supervisor(
            boxfile, folders: folders, options: options, logs: logs, lock: lock, time: SystemTime())
        try await app.up()
        func pid(_ name: String) async -> Int? { await app.status().first { $0.component == name }?.pid }
        let before = (await pid("worker.a"), await pid("worker.b"))
        heart.pid.withLock { $0 = before.0 }
        try await Task.sleep(for: .seconds(2))
        #expect(await pid("worker.a") == before.0)
        heart.pid.withLock { $0 = nil }
        var after = await pid("worker.a")
        for _ in 0..<200 where after == before.0 || after == nil {
            try await Task.sleep(for: .milliseconds(50))
            after = await pid("worker.a")
        }
        #expect(after != nil && after != before.0)
        #expect(await pid("worker.b") == before.1)
        await app.stop()
        await logs.finish()
    }
}
