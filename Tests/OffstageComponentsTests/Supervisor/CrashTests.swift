// What happens when a worker, the Redis, or the supervisor itself is killed, and when a worker crashes repeatedly.
import Foundation
import OffstageComponents
import OffstageCore
import OffstageSystem
import Testing

@Suite("crashes", .serialized, .timeLimit(.minutes(3)))
struct CrashTests {
    @Test("kill -9 of a worker: another one is started at once")
    func worker() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        try await app.upAndReady()
        let before = try #require(try await app.pids("worker.main").first)
        kill(before, SIGKILL)
        try await app.expect("another worker") {
            try await app.pids("worker.main").first.map { $0 != before } ?? false
        }
        #expect(app.says("worker.main.1") && app.says("was ended by signal 9; started again at once"))
        #expect(try await app.stop() == 0)
    }

    @Test(
        "kill -9 of a worker that runs a job: it runs again within 30 s, and at once if a foreman saw it",
        arguments: [("", 30), ("--processes 2", 5)])
    func job(option: String, seconds: Int) async throws {
        let once = """
            [ -e $HOME/once ] && { echo second; exit; }
            touch $HOME/once; sleep 100
            """
        let app = try RunningApp(
            """
            worker.main:
              start: \(RunningApp.executable) work --handler once='sh once.sh' --concurrency 1 \(option)
            data.queue: { image: redis }
            """, files: ["once.sh": once])
        try await app.upAndReady()
        #expect(try await app.offstage("run", "--", RunningApp.executable, "enqueue", "once").status == 0)
        let home = "\(app.folder)/.offstage/private/worker.main"
        try await app.expect("the first run") { FileManager.default.fileExists(atPath: "\(home)/once") }
        let workers = try await app.offstage("run", "--", RunningApp.executable, "workers", "--json").output
        let pid = try workers.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
            .first { $0["held"]?.integerValue == 1 }?["pid"]?.integerValue
        kill(pid_t(try #require(pid)), SIGKILL)
        let killed = ContinuousClock.now
        var done: JSON?
        try await app.expect("the second run", within: seconds) {
            let answer = try await app.offstage(
                "run", "--", RunningApp.executable, "jobs", "--json", "--state", "completed")
            done = try answer.output.split(separator: "\n").first.map { try JSON.parse(Array($0.utf8)) }
            return done != nil
        }
        print("kill -9 of a worker \(option): its job ran again within \(killed.duration(to: .now))")
        #expect(done?["crashes"]?.integerValue == 1)
        #expect(try await app.stop() == 0)
    }

    @Test("kill -9 of Redis: it is restarted on the same port with all it had accepted")
    func redis() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        try await app.upAndReady()
        let before = try #require(try await app.pids("data.queue").first)
        let write = "redis-cli -h $DATA_QUEUE_HOST -p $DATA_QUEUE_PORT set key kept"
        #expect(try await app.offstage("run", "--", "sh", "-c", write).output.contains("OK"))
        kill(before, SIGKILL)
        try await app.expect("another Redis") {
            try await app.ps().contains {
                $0["component"]?.stringValue == "data.queue" && $0["state"]?.stringValue == "running"
                    && $0["pid"]?.integerValue != Int(before)
            }
        }
        let read = "redis-cli -h $DATA_QUEUE_HOST -p $DATA_QUEUE_PORT get key"
        #expect(try await app.offstage("run", "--", "sh", "-c", read).output.contains("kept"))
        #expect(try await app.stop() == 0)
        // Without `up`, the data components are started only for this command.
        let alone = try await app.offstage("run", "--", "sh", "-c", read + "; exit 7")
        #expect(alone.output.contains("kept") && alone.status == 7)
        #expect(app.strays() == [])
    }

    @Test("kill -9 of the supervisor: no orphans, and up takes over what is left")
    func supervisor() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        try await app.upAndReady()
        let pids = try await app.ps().compactMap { $0["pid"]?.integerValue.map(Int32.init) }
        #expect(pids.count == 4)
        kill(app.pid, SIGKILL)
        try await app.expect("that all are gone", within: 10) { pids.filter(RunningApp.isAlive) == [] }
        #expect(FileManager.default.fileExists(atPath: "\(app.folder)/.offstage/run/control"))
        try await app.upAndReady()
        #expect(try await app.ps().count == 4)
        #expect(try await app.stop() == 0)
        #expect(app.strays() == [])
    }

    @Test("a worker that crashes repeatedly is reported and no longer restarted each time")
    func spinner() async throws {
        let app = try RunningApp(
            """
            worker.good: { start: exec python3 worker.py }
            worker.bad: { start: 'echo tried >> $HOME/tries; exit 3' }
            """, files: Parts.files)
        try app.up()
        try await app.expect("the report", within: 40) {
            app.says("keeps dying (exited with status 3); it is tried once a minute from now on")
        }
        #expect(app.says("started again in 4 s"))
        try await app.expect("that the others are up") { app.says("everything is up") }
        let bad = try await app.ps().first { $0["component"]?.stringValue == "worker.bad" }
        #expect(bad?["failing"] == .bool(true) && bad?["state"]?.stringValue == "waiting")
        #expect(app.text(".offstage/private/worker.bad/tries").split(separator: "\n").count == 5)
        #expect(try await app.stop() == 0)
    }
}
