// Restarts over work that is going on: nothing is interrupted, nothing begins anew.
import Foundation
import OffstageComponents
import OffstageCore
import Testing

@Suite("restarts", .serialized, .timeLimit(.minutes(3)))
struct RestartTests {
    @Test("restarts one after the other over jobs of 3 s: all complete at attempt 1, uninterrupted")
    func rolling() async throws {
        let app = try RunningApp(
            """
            worker.main:
              start: exec \(RunningApp.executable) work --handler nap='sleep 3; echo done' --concurrency 4 --grace 5s
              stop_timeout: 6s
              scale: 2
            data.queue: { image: redis }
            """)
        try await app.upAndReady()
        let first = Set(try await app.pids("worker.main"))
        for _ in 0..<24 {
            let answer = try await app.offstage("run", "--", RunningApp.executable, "enqueue", "nap")
            #expect(answer.status == 0, "\(answer.output)")
        }
        var restarts = 0
        var done: [JSON] = []
        for _ in 0..<20 where done.count < 24 {
            #expect(try await app.offstage("restart", "worker.main").status == 0)
            restarts += 1
            let answer = try await app.offstage(
                "run", "--", RunningApp.executable, "jobs", "--json", "--state", "completed", "--limit", "100")
            done = try answer.output.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
        }
        #expect(done.count == 24 && restarts >= 2)
        #expect(done.allSatisfy { $0["attempt"]?.integerValue == 1 && $0["interruptions"]?.integerValue == 0 })
        let last = Set(try await app.pids("worker.main"))
        #expect(last.count == 2 && first.isDisjoint(with: last))
        #expect(try await app.stop() == 0)
    }

    @Test("a web component is restarted and scaled without one failed request")
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

    @Test("one that grows to its memory limit is replaced before it runs into it")
    func memory() async throws {
        let code = """
            import os, signal, sys, time
            signal.signal(signal.SIGTERM, lambda *rest: sys.exit(0))
            if not os.path.exists(os.environ['HOME'] + '/grown'):
                open(os.environ['HOME'] + '/grown', 'w').close()
                held = bytearray(93 << 20)
                for i in range(0, len(held), 4096): held[i] = 1
            while True: time.sleep(0.1)
            """
        let app = try RunningApp(
            "worker.main: { start: exec python3 w.py, limits: { memory: 100M } }", files: ["w.py": code])
        try await app.upAndReady()
        try await app.expect("the replacement") { app.says("MiB of its limit of 100 MiB and is replaced") }
        try await app.expect("that one is left") { try await app.ps().count == 1 }
        #expect(try await app.ps().first?["restarts"]?.integerValue == 0)
        #expect(try await app.stop() == 0)
    }
}
