// Restarts while jobs run: no job is interrupted, and none starts again from the beginning.
import Foundation
import OffstageComponents
import OffstageCore
import Testing

@Suite("restarts", .serialized, .timeLimit(.minutes(3)))
struct RestartTests {
    @Test("restarts every 2 s over jobs of 5 s: all complete at attempt 1, uninterrupted")
    func rolling() async throws {
        try await RollingRestart(jobs: 32, seconds: 5, every: 2, stopTimeout: "12s").run()
    }

    @Test("restarts every 2 s, with less time to stop than a job takes: checkpoints continue it at attempt 1")
    func rollingWithCheckpoints() async throws {
        try await RollingRestart(jobs: 16, seconds: 6, every: 2, stopTimeout: "4s", isInterrupted: true).run()
    }

    @Test("a shell that starts the program, and dies of SIGTERM, does not prevent it from finishing")
    func shell() async throws {
        let code = """
            import signal, sys, time
            def stop(*rest):
                time.sleep(1); print('worker has finished', flush=True); sys.exit(0)
            signal.signal(signal.SIGTERM, stop)
            print('worker works', flush=True)
            while True: time.sleep(0.1)
            """
        let app = try RunningApp(
            "worker.main: { start: 'python3 w.py; echo never said' }", files: ["w.py": code])
        try await app.upAndReady()
        try await app.expect("the worker") { app.says("worker works") }
        #expect(try await app.stop() == 0)
        #expect(app.says("worker has finished") && !app.says("never said"), "\(app.lines)")
        #expect(app.strays() == [])
    }

    @Test("a web component is restarted and scaled without a failed request")
    func web() async throws {
        let app = try RunningApp(
            "web.main: { start: exec python3 web.py, scale: 2, stop_timeout: 5s }", files: Parts.files)
        try await app.upAndReady()
        let requests = Task {
            var answers: [Int] = []
            while !Task.isCancelled { answers.append(await app.get("/")?.status ?? 0) }
            return answers
        }
        #expect(try await app.offstage("restart", "web.main").status == 0)
        #expect(try await app.offstage("scale", "web.main=3").status == 0)
        #expect(try await app.pids("web.main").count == 3)
        #expect(try await app.offstage("scale", "web.main=1").status == 0)
        #expect(try await app.pids("web.main").count == 1)
        requests.cancel()
        let answers = await requests.value
        #expect(answers.count > 5 && answers.allSatisfy { $0 == 200 }, "\(answers)")
        #expect(try await app.offstage("scale", "web.main=0").status == 0)
        #expect(await app.get("/")?.status == 503)
        #expect(try await app.stop() == 0)
        #expect(!app.says("[WARNING]"), "\(app.lines)")
    }

    @Test("a restart whose new process does not come up leaves the old one alone")
    func broken() async throws {
        let app = try RunningApp(
            "worker.main: { start: test ! -e broken && exec sleep 100 }")
        try await app.upAndReady()
        let before = try await app.pids("worker.main")
        try app.write("broken", "")
        let answer = try await app.offstage("restart", "worker.main")
        #expect(answer.status == 1 && answer.output.contains("the old one still runs"), "\(answer.output)")
        #expect(try await app.pids("worker.main") == before)
        #expect(try await app.stop() == 0)
    }
}

@Suite("restarts at full length", .serialized, .timeLimit(.minutes(10)))
struct LongRestartTests {
    @Test(
        "restarts every 20 s over jobs of 60 s: all complete at attempt 1",
        .enabled(if: ProcessInfo.processInfo.environment["OFFSTAGE_TEST_ALL"] == "1"),
        arguments: [("90s", false), ("25s", true)])
    func rolling(stopTimeout: String, isInterrupted: Bool) async throws {
        try await RollingRestart(
            jobs: 24, seconds: 60, every: 20, stopTimeout: stopTimeout, isInterrupted: isInterrupted
        ).run()
    }
}
