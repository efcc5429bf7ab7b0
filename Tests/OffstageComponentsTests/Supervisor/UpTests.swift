// `offstage up` as a user sees it: the order in which it starts components, what it gives them, and that it leaves
// nothing behind.
import CSystem
import Foundation
import OffstageCore
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("up", .serialized, .timeLimit(.minutes(3)))
struct UpTests {
    @Test("data, web and workers start in order, get the data's addresses, and stop in reverse order")
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

    @Test("a second up is refused with the first one's process id, and down ends the first")
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

    @Test("a port in use is reported before anything is started")
    func portInUse() async throws {
        let app = try RunningApp(Parts.boxfile, files: Parts.files)
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/python3")
        holder.arguments = ["-m", "http.server", "\(app.port)", "--bind", "127.0.0.1"]
        holder.standardError = FileHandle.nullDevice
        holder.standardOutput = FileHandle.nullDevice
        try holder.run()
        // A thread of the tests may have SIGTERM blocked, and its children inherit that.
        defer { kill(holder.processIdentifier, SIGKILL) }
        try await app.expect("the other server") { await app.get("/") != nil }
        try app.up()
        let process = try #require(app.process)
        try await app.expect("its end") { !process.isRunning }
        #expect(process.terminationStatus == 1)
        #expect(app.says("port \(app.port) is in use"))
        #expect(!app.says("data.queue.1"))
    }

    @Test("two apps that start together on one port: one gets it, and the other ends and reports why")
    func onePort() async throws {
        let first = try RunningApp(Parts.boxfile, files: Parts.files)
        let second = try RunningApp(Parts.boxfile, files: Parts.files, port: first.port)
        try first.up()
        try second.up()
        let apps = [first, second]
        try await first.expect("one of them") { apps.contains { $0.says("everything is up") } }
        try await first.expect("the end of the other") { apps.contains { $0.process?.isRunning == false } }
        let loser = try #require(apps.first { $0.process?.isRunning == false })
        let winner = try #require(apps.first { $0 !== loser })
        #expect(loser.process?.terminationStatus == 1)
        #expect(loser.lines.contains { $0.contains("cannot go on") && $0.contains("port \(first.port) is in use") })
        try await winner.expect("that it is up") { winner.says("everything is up") }
        #expect(await winner.get("/")?.status == 200)
        #expect(try await winner.stop() == 0)
        #expect(loser.strays() == [])
    }

    @Test("more processes than the usual descriptor limit allows; each still has the usual limit")
    func many() async throws {
        let app = try RunningApp("worker.main: { start: 'echo open $(ulimit -Sn); exec sleep 100', scale: 4 }")
        app.openFiles = 64
        try await app.upAndReady()
        let answer = try await app.offstage("scale", "worker.main=40")
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try await app.pids("worker.main").count == 40)
        try await app.expect("what they say") { app.lines.count { $0.hasSuffix("open 64") } == 40 }
        #expect(try await app.stop() == 0)
    }

    @Test("a console that is not read does not prevent up from ending")
    func blockedConsole() async throws {
        let app = try RunningApp("worker.main: { start: exec yes }")
        let pipe = Pipe()
        try app.up(into: pipe)
        // The kernel decides how much a pipe holds.
        var (held, looks) = (0, 0)
        try await app.expect("a full pipe") {
            let now = offstage_pending_bytes(pipe.fileHandleForReading.fileDescriptor)
            looks = now == held && now >= 4096 ? looks + 1 : 0
            held = now
            return looks == 20
        }
        let process = try #require(app.process)
        kill(app.pid, SIGTERM)
        try await app.expect("its end", within: 10) { !process.isRunning }
        #expect(process.terminationStatus == 0)
        #expect(app.strays() == [])
        #expect(app.text(".offstage/logs/worker.main.log").contains("y\n"))
    }

    @Test("names of components that do not match are reported with the nearest one, or why not")
    func names() async throws {
        let app = try RunningApp("worker.main: { start: exec sleep 100 }\ndata.storage: { image: unfs }")
        try await app.upAndReady()
        let storage = try await app.offstage("restart", "data.storage")
        #expect(storage.status == 1 && storage.output.contains("data.storage is a folder, and no process"))
        let follow = try await app.offstage("logs", "-f", "worker.mian")
        #expect(follow.status == 1 && follow.output.contains("worker.mian has no log"))
        #expect(follow.output.contains("did you mean worker.main?"))
        #expect(try await app.offstage("logs", "-f", "data.storage").status == 1)
        #expect(try await app.stop() == 0)
    }

    @Test("a folder that cannot be written is reported in one line")
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

    @Test("the port is open at both kinds of addresses, where the machine has both")
    func addresses() async throws {
        guard LocalPort.hasNewerAddresses else { return }
        let app = try RunningApp("web.main: { start: python3 web.py }", files: Parts.files)
        try await app.upAndReady()
        let told = try await app.offstage(
            "run", "--", "python3", "-c",
            """
            import socket
            for host in ('127.0.0.1', '::1'):
                made = socket.create_connection((host, \(app.port)), timeout=5)
                made.sendall(b'GET /x HTTP/1.0\\r\\n\\r\\n')
                print(host, made.recv(12)[8:])
            """)
        #expect(told.output.contains("127.0.0.1 b' 200'") && told.output.contains("::1 b' 200'"), "\(told)")
        #expect(try await app.stop() == 0)
    }

    @Test("Ctrl-Z stops up as it stops any program: its signal is not handled")
    func suspended() async throws {
        let app = try RunningApp("worker.main: { start: sleep 100 }")
        try await app.upAndReady()
        let status = try String(contentsOfFile: "/proc/\(app.pid)/status", encoding: .utf8)
        func set(_ name: String) throws -> UInt64 {
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
            return try #require(UInt64(line.split(separator: "\t").last ?? "", radix: 16))
        }
        let caught = try set("SigCgt")
        #expect(caught & 1 << (UInt64(SIGTSTP) - 1) == 0)
        // What is ignored when `up` starts, such as SIGHUP under nohup, stays ignored.
        let heard = try caught | set("SigIgn")
        for signal in [SIGTERM, SIGINT, SIGHUP] { #expect(heard & 1 << (UInt64(signal) - 1) != 0) }
        #expect(try await app.stop() == 0)
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

    @Test("down asked twice, and a signal in addition, wait for the same end")
    func downTwice() async throws {
        let app = try RunningApp(
            "worker.main: { start: 'trap \"\" TERM; while :; do sleep 0.2; done', stop_timeout: 4s }")
        try await app.upAndReady()
        async let first = app.offstage("down")
        try await app.expect("the first to be heard") { app.says("offstage down: stopping") }
        async let second = app.offstage("down")
        try await Task.sleep(for: .seconds(1))
        kill(app.pid, SIGINT)
        try await app.expect("the signal to be heard") { app.says("SIGINT: stopping already") }
        let answers = try await [first, second]
        #expect(answers.map(\.status) == [0, 0], "\(answers)")
        #expect(app.process?.terminationStatus == 0)
        #expect(app.says("did not stop within 4 s and is killed") && app.says("everything is stopped"))
        #expect(app.strays() == [])
    }
}
