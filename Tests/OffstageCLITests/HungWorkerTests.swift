// A worker that runs but no longer does anything, under a supervisor that looks for heartbeats in the app's own Redis.
import Foundation
import OffstageComponents
import OffstageCore
import OffstageSystem
import OffstageTesting
import Synchronization
import Testing

@testable import OffstageCLI

@Suite("a hung worker", .timeLimit(.minutes(2)))
struct HungWorkerTests {
    @Test("one whose heartbeat in data.queue stops is killed and restarted, and works again")
    func frozen() async throws {
        let scratch = try ScratchDirectory(onDisk: true)
        let boxfile = try Boxfile.parse(
            """
            worker.main: { start: "offstage work --handler nothing=true --log error" }
            data.queue: { image: redis }
            """)
        var options = SupervisorOptions()
        let programs = URL(filePath: Program.executable).deletingLastPathComponent().path
        options.surroundings = ["PATH": "/usr/local/bin:/usr/bin:/bin:\(programs)"]
        options.heartbeatPause = .seconds(1)
        options.silence = .seconds(12)
        let pulse = WorkerPulse(time: SystemTime())
        options.heartbeats = { await pulse.heartbeats($0) }
        let folders = try AppFolders.prepared(app: scratch.path, surroundings: [:])
        let told = TestLines()
        let logs = try LogPump(folder: nil, time: SystemTime()) { lines in for line in lines { told.add(line.text) } }
        let lock = try #require(try FolderLock.take(folders.lock))
        let app = Supervisor(
            boxfile, folders: folders, options: options, logs: logs, lock: lock, time: SystemTime())
        try await app.up()
        func pid() async -> Int32? {
            await app.status().first { $0.component == "worker.main" }?.pid.map(Int32.init)
        }
        // The shell that starts the worker may remain as its parent, so the worker is identified by its session.
        func isHeard(_ session: Int32?) async -> Bool {
            await pulse.heartbeats(await app.dataEnvironment)?.contains { getsid(pid_t($0.pid)) == session } ?? false
        }
        let before = try #require(await pid())
        let isHeardAtFirst = await TestSignal.holds(within: .seconds(30)) { await isHeard(before) }
        #expect(isHeardAtFirst, "\(told.all)")
        // It stays alive while its heartbeats arrive, for longer than it may be silent.
        try await Task.sleep(for: .seconds(14))
        #expect(await pid() == before)
        kill(-before, SIGSTOP)
        let isReplaced = await TestSignal.holds(within: .seconds(40)) {
            await pid().map { $0 != before } ?? false
        }
        #expect(isReplaced)
        #expect(told.all.contains { $0.contains("has not been heard for 12 s, though it runs; it is killed") })
        let after = await pid()
        let isHeardAgain = await TestSignal.holds(within: .seconds(30)) { await isHeard(after) }
        #expect(isHeardAgain)
        await app.stop()
        await pulse.close()
        await logs.finish()
    }
}

/// Lines written by another task.
private final class TestLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
