// `offstage up` as a user sees it: what is started in which order, what it is given, and that nothing is left.
import Foundation
import OffstageComponents
import OffstageCore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("up", .serialized, .timeLimit(.minutes(3)))
struct UpTests {
    @Test("data, web and workers start in order, are told of the data, and stop the other way round")
    func order() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        try await app.upAndReady()
        let ups = app.lines.enumerated().filter { $1.contains("is up") }
        let order = ["data.queue.1", "proxy.1", "web.main.1", "worker.main.1", "everything"]
        let places = order.compactMap { name in ups.first { $1.contains(name) }?.offset }
        #expect(places.count == order.count && places == places.sorted(), "\(app.lines)")
        #expect(app.says("web has ['DATA_QUEUE_HOST', 'DATA_QUEUE_PORT', 'PORT']"))
        #expect(app.says("worker has ['DATA_QUEUE_HOST', 'DATA_QUEUE_PORT']"))
        #expect(await app.get("/x")?.body.contains("path /x") == true)
        let pids = try await app.ps().compactMap { $0["pid"]?.integerValue.map(Int32.init) }
        #expect(pids.count == 4)
        #expect(try await app.stop() == 0)
        let stops = ["worker stops", "web stops", "bye bye"].map { text in
            app.lines.firstIndex { $0.contains(text) } ?? -1
        }
        #expect(stops.allSatisfy { $0 >= 0 } && stops == stops.sorted(), "\(app.lines)")
        #expect(pids.filter(RunningApp.isAlive) == [])
        #expect(app.strays() == [])
        #expect(app.text(".offstage/logs/worker.main.log").contains("worker stops"))
    }

    @Test("a second up is refused with the first one's number, and down ends the first")
    func twice() async throws {
        let app = try RunningApp("worker.main: { start: exec sleep 100 }")
        try await app.upAndReady()
        let second = try await app.offstage("up")
        #expect(second.status == 1)
        #expect(second.output.contains("already, as process \(app.pid)"))
        #expect(try await app.offstage("down").status == 0)
        #expect(app.process?.isRunning == false && app.process?.terminationStatus == 0)
        #expect(try await app.offstage("ps").output.contains("no offstage up runs"))
    }

    @Test("a command that is not found ends up with one line, and nothing is left")
    func notFound() async throws {
        let app = try RunningApp(
            "data.queue: { image: redis }\nworker.main: { start: no-such-program --now }")
        try app.up()
        let process = try #require(app.process)
        try await app.expect("its end") { !process.isRunning }
        #expect(process.terminationStatus == 1)
        #expect(app.lines.contains { $0.contains("cannot go on: worker.main.1: exited with status 127") })
        #expect(app.strays() == [])
    }

    @Test("a port in use is told before anything is started")
    func portInUse() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/python3")
        holder.arguments = ["-m", "http.server", "\(app.port)", "--bind", "127.0.0.1"]
        holder.standardError = FileHandle.nullDevice
        holder.standardOutput = FileHandle.nullDevice
        try holder.run()
        defer { holder.terminate() }
        try await app.expect("the other server") { await app.get("/") != nil }
        try app.up()
        let process = try #require(app.process)
        try await app.expect("its end") { !process.isRunning }
        #expect(process.terminationStatus == 1)
        #expect(app.says("port \(app.port) is in use"))
        #expect(!app.says("data.queue.1"))
    }

    @Test("a folder that cannot be written is told in one line")
    func readOnly() async throws {
        let app = try RunningApp("worker.main: { start: exec sleep 100 }")
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: app.folder)
        let log = try FileManager.default.url(
            for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: URL(filePath: "/tmp"), create: true)
        defer { try? FileManager.default.removeItem(at: log) }
        let answer = try await app.offstage("up")
        #expect(answer.status == 1)
        #expect(answer.output.contains("cannot make the folder"))
    }

    @Test("one that ignores SIGTERM is killed after its stop_timeout, with the daemon it forked")
    func stubborn() async throws {
        let code = """
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    print('daemon', os.getpid(), flush=True)
                    while True: time.sleep(1)
                os._exit(0)
            while True: time.sleep(1)
            """
        let app = try RunningApp(
            "worker.main: { start: exec python3 w.py, stop_timeout: 1s }", files: ["w.py": code])
        try await app.upAndReady()
        try await app.expect("the daemon") { app.says("daemon") }
        let daemon = app.lines.compactMap { $0.split(separator: " ").last.flatMap { Int32($0) } }.first
        #expect(try await app.stop() == 0)
        #expect(app.says("did not stop within 1 s and is killed"))
        #expect(daemon.map(RunningApp.isAlive) == false)
        #expect(app.strays() == [])
    }

    @Test("a second signal ends everything at once")
    func impatience() async throws {
        let app = try RunningApp(
            "worker.main: { start: 'trap \"\" TERM; while :; do sleep 1; done', stop_timeout: 60s }")
        try await app.upAndReady()
        kill(app.pid, SIGINT)
        try await app.expect("the first signal to be heard") { app.says("SIGINT: stopping") }
        try await app.stop(SIGINT)
        try await app.expect("that all is gone") { app.strays() == [] }
    }
}
