// `offstage run` in several consoles without an `up`: the first starts the data components, the others use them.
import Foundation
import OffstageComponents
import OffstageCore
import OffstageSystem
import Testing

@Suite("run in several consoles", .serialized, .timeLimit(.minutes(2)))
struct RunTests {
    private static let boxfile = """
        worker.main: { start: exec python3 worker.py }
        data.queue: { image: redis }
        """
    private static let redis = "redis-cli -h $DATA_QUEUE_HOST -p $DATA_QUEUE_PORT"

    @Test("a second run uses the first one's data components, and other commands learn who has them")
    func second() async throws {
        let app = try RunningApp(Self.boxfile, files: Parts.files)
        let first = try app.start(["run", "worker.main"], output: "first")
        defer { kill(first.processIdentifier, SIGKILL) }
        try await app.expect("that the first has the folder") { !app.text(".offstage/run/up.lock").isEmpty }
        // The data components are not up yet.
        let second = try await app.offstage("run", "--", "sh", "-c", "\(Self.redis) set key kept; exit 5")
        #expect(second.status == 5 && second.output.contains("OK"), "\(second)")
        try await app.expect("the worker") { app.text("first").contains("DATA_QUEUE_PORT") }

        let processes = try await app.ps()
        #expect(processes.map { $0["component"]?.stringValue } == ["data.queue"])
        let who = "offstage run, process \(first.processIdentifier)"
        for words in [["down"], ["restart", "data.queue"], ["scale", "worker.main=2"]] {
            let answer = try await app.offstage(words)
            #expect(answer.status == 1 && answer.output.contains(who), "\(words): \(answer)")
            #expect(answer.output.contains("no offstage up runs in"))
        }
        let up = try await app.offstage("up")
        #expect(up.status == 1 && up.output.contains("\(who), has the data components"), "\(up)")

        kill(first.processIdentifier, SIGTERM)
        try await app.expect("the end of the first") { !first.isRunning }
        #expect(app.text("first").contains("worker stops"))
        let third = try await app.offstage("run", "--", "sh", "-c", "\(Self.redis) get key")
        #expect(third.output.contains("kept"))
        #expect(app.strays() == [])
    }

    @Test("a run next to an up that is just starting waits for its data")
    func starting() async throws {
        let app = try RunningApp(Self.boxfile, files: Parts.files)
        try app.up()
        let answer = try await app.offstage("run", "--", "sh", "-c", "\(Self.redis) ping")
        #expect(answer.output.contains("PONG"), "\(answer)")
        // The run may have come first; then `up` was refused, and rightly so.
        if app.process?.isRunning == true {
            #expect(try await app.stop() == 0)
        } else {
            #expect(app.says("has the data components"))
        }
        #expect(app.strays() == [])
    }
}
