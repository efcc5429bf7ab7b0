// Programs that do not end by themselves: programs that are cancelled, ignore signals, fork, leave their group, or lose
// the process that ran them.
import Foundation
import OffstagePrograms
import OffstageSystem
import Testing

@Suite("Stopping a program", .timeLimit(.minutes(1)))
struct StoppingTests {
    @Test("sends SIGTERM to the whole group, children included")
    func cancel() async throws {
        let recorder = Recorder()
        let program = try program("sleep 300 & echo child $! >&2; echo shell $$ >&2; wait")
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        let child = try #require(await recorder.number(after: "child"))
        let shell = try #require(await recorder.number(after: "shell"))
        #expect(isAlive(child))
        task.cancel()
        let end = await task.value
        #expect(end.wasStopped)
        #expect(end.status == .signalled(15))
        #expect(!isAlive(child))
        #expect(!isAlive(shell))
    }

    @Test("lets a program clean up within the grace period")
    func cleanUp() async throws {
        let recorder = Recorder()
        let program = try program("trap 'echo cleaned; exit 4' TERM; echo shell $$ >&2; while :; do sleep 0.05; done")
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        _ = try #require(await recorder.number(after: "shell"))
        task.cancel()
        let end = await task.value
        #expect(end.status == .exited(4))
        #expect(end.output == Array("cleaned".utf8))
        #expect(end.wasStopped)
    }

    private static let cleansUp = """
        #!/bin/bash
        trap 'sleep 0.3; echo cleaned; exit 75' TERM
        echo child $$ >&2
        while :; do sleep 0.05; done
        """

    @Test(
        "lets it clean up however its command is written, although the shell dies of SIGTERM at once",
        arguments: ["FILE", "sh -c FILE", "bash -c FILE", "FILE; exit $?", "FILE & wait", "(FILE)", "exec FILE"])
    func spellings(command: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "import.sh").path
        // Another process writes the file. If it were open in this process, a child that is being forked would have it
        // open too, and a file that is open for writing cannot be executed.
        let writer = Process()
        writer.executableURL = URL(filePath: "/bin/sh")
        writer.arguments = ["-c", #"printf '%s' "$1" > "$2" && chmod 755 "$2""#, "sh", Self.cleansUp, file]
        try writer.run()
        writer.waitUntilExit()
        let recorder = Recorder()
        let program = try program(command.replacing("FILE", with: file), grace: .seconds(20))
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        let child = try #require(await recorder.number(after: "child"))
        task.cancel()
        let end = await task.value
        #expect(end.wasStopped)
        #expect(end.output == Array("cleaned".utf8))
        #expect(!isAlive(child))
    }

    @Test("kills a program that ignores SIGTERM, after the grace period")
    func deaf() async throws {
        let recorder = Recorder()
        let program = try program(
            "trap '' TERM; sleep 300 & echo child $! >&2; while :; do sleep 300; done", grace: .milliseconds(200))
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        let child = try #require(await recorder.number(after: "child"))
        task.cancel()
        let end = await task.value
        #expect(end.status == .signalled(9))
        #expect(!isAlive(child))
    }

    @Test("reaches a program that has stopped itself")
    func frozen() async throws {
        let recorder = Recorder()
        let program = try program("echo shell $$ >&2; kill -STOP $$; sleep 300", grace: .milliseconds(200))
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        let shell = try #require(await recorder.number(after: "shell"))
        task.cancel()
        let end = await task.value
        #expect(end.wasStopped)
        #expect(!isAlive(shell))
    }

    @Test("before it starts starts nothing")
    func early() async throws {
        let program = try program("echo started >&2")
        let recorder = Recorder()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await program.run(input: [], events: { recorder.take($0) })
        }
        let end = await task.value
        #expect(end.wasStopped)
        #expect(recorder.events.isEmpty)
    }

    @Test("is not needed for what a program leaves in its group: that dies with it, though it holds the pipes")
    func leftBehind() async throws {
        let recorder = Recorder()
        let end = try await run("sleep 300 & echo child $! >&2; echo done", recorder: recorder)
        #expect(end.status == .exited(0))
        #expect(end.output == Array("done".utf8))
        let child = try #require(await recorder.number(after: "child"))
        #expect(!isAlive(child))
    }

    @Test("does not wait for a process that left the group and keeps writing into the pipes")
    func escapee() async throws {
        let recorder = Recorder()
        let end = try await run(
            "setsid sh -c 'echo child $$ >&2; while :; do echo x; sleep 0.01; done' & sleep 0.3; echo done >&2",
            recorder: recorder)
        #expect(end.status == .exited(0))
        let child = try #require(await recorder.number(after: "child"))
        kill(child, SIGKILL)
    }

    @Test("leaves nothing of the group when the keeper is killed")
    func keeperKilled() async throws {
        let recorder = Recorder()
        let program = try program("sleep 300 & echo child $! >&2; echo keeper $PPID >&2; wait")
        let task = Task { await program.run(input: [], events: { recorder.take($0) }) }
        let child = try #require(await recorder.number(after: "child"))
        let keeper = try #require(await recorder.number(after: "keeper"))
        kill(keeper, SIGKILL)
        let end = await task.value
        #expect(end.status == .signalled(9))
        #expect(await eventually { !isAlive(child) })
    }

    @Test("by kill -9 of the process that runs it leaves no process of the group, and no keeper")
    func killedWorker() async throws {
        let note = FileManager.default.temporaryDirectory.appending(path: "offstage-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: note) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
            let line = "trap '' TERM HUP; sleep 300 & echo $! $$ $PPID >'\(note).new'; mv '\(note).new' '\(note)'; wait"
            let program = try program(line)
            Task { await program.run(input: []) }
            let started = await eventually { FileManager.default.fileExists(atPath: note) }
            if started { kill(getpid(), SIGKILL) }
        }
        let processes = try String(contentsOfFile: note, encoding: .utf8).split(separator: " ").map {
            try #require(Int32($0.filter(\.isNumber)))
        }
        #expect(processes.count == 3)
        for process in processes { #expect(await eventually { !isAlive(process) }) }
    }

    @Test("leaves no child and no descriptor behind")
    func leaks() async throws {
        // Runs in a separate process, because other tests open descriptors too.
        await #expect(processExitsWith: .success) {
            let watcher = try ProgramWatcher()
            let files = "/proc/self/fd"
            for _ in 0..<3 { _ = try await program("echo x", watcher: watcher).run(input: []) }
            let before = try FileManager.default.contentsOfDirectory(atPath: files).count
            for _ in 0..<50 { _ = try await program("echo x", watcher: watcher).run(input: []) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: files).count == before)
            // No keeper is left to be reaped.
            let hasNoChildren = await eventually { waitpid(-1, nil, WNOHANG) < 0 && errno == ECHILD }
            #expect(hasNoChildren)
        }
    }
}
