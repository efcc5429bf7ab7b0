// Real programs that end normally: what they are given, what they report, and how they exit.
import Foundation
import OffstagePrograms
import OffstageSystem
import Testing

@Suite("A program", .timeLimit(.minutes(1)))
struct ProgramTests {
    @Test("reports its exit status", arguments: [0, 1, 65, 75, 255])
    func status(status: Int) async throws {
        let end = try await run("exit \(status)")
        #expect(end.status == .exited(status))
        #expect(!end.wasStopped)
    }

    @Test("reports the signal that killed it")
    func killingSignal() async throws {
        let end = try await run("kill -9 $$")
        #expect(end.status == .signalled(9))
        #expect(end.message == "killed by signal 9 (KILL)")
    }

    @Test("does not survive a kill of its own group, and the keeper still reports it")
    func ownGroup() async throws {
        let end = try await run("kill -9 0; sleep 100")
        #expect(end.status == .signalled(9))
        #expect(!end.wasStopped)
    }

    @Test("reads its arguments, a newline and the end of the file")
    func input() async throws {
        let end = try await run("cat | od -An -c", input: "{\"a\":1}")
        #expect(String(decoding: end.output, as: UTF8.self).filter { $0 != " " } == "{\"a\":1}\\n")
    }

    @Test("reads a megabyte of arguments completely")
    func largeInput() async throws {
        let end = try await run("wc -c", input: String(repeating: "x", count: 1 << 20))
        #expect(String(decoding: end.output, as: UTF8.self) == "\((1 << 20) + 1)")
    }

    @Test("may leave a megabyte of arguments unread")
    func unreadInput() async throws {
        let end = try await run("echo done", input: String(repeating: "x", count: 1 << 20))
        #expect(end.status == .exited(0))
        #expect(end.output == Array("done".utf8))
    }

    @Test("may close its standard input and continue")
    func closedInput() async throws {
        let end = try await run("exec 0<&-; sleep 0.1; echo done", input: String(repeating: "x", count: 1 << 20))
        #expect(end.output == Array("done".utf8))
    }

    @Test("inherits the environment, what the run adds, and the number of its report descriptor")
    func environment() async throws {
        let end = try await program("echo \"$LC_ALL $OFFSTAGE_JOB_ID $OFFSTAGE_PROGRESS_FD $OFFSTAGE_JOB_CHECKPOINT\"")
            .run(input: [], environment: ["OFFSTAGE_JOB_ID": "j1"], checkpoint: Array("[7]".utf8))
        #expect(String(decoding: end.output, as: UTF8.self) == "C j1 3 [7]")
    }

    @Test("finds a checkpoint that is too large for a variable in a file")
    func largeCheckpoint() async throws {
        let checkpoint = Array("\"\(String(repeating: "c", count: 1_000_000))\"".utf8)
        let line = "wc -c <\"$OFFSTAGE_JOB_CHECKPOINT_FILE\"; wc -c <&4; echo \"${OFFSTAGE_JOB_CHECKPOINT-none}\""
        let end = try await program(line)
            .run(input: [], checkpoint: checkpoint)
        #expect(String(decoding: end.output, as: UTF8.self) == "1000002\n1000002\nnone")
    }

    @Test("has no descriptors but its own, and no blocked or ignored signals")
    func inheritance() async throws {
        signal(SIGUSR2, SIG_IGN)
        let inheritable = open("/dev/null", O_RDONLY)
        #expect(inheritable > 4)
        defer { close(inheritable) }
        let end = try await run("for f in /proc/$$/fd/*; do printf '%s ' ${f##*/}; done; grep Sig /proc/self/status")
        let text = String(decoding: end.output, as: UTF8.self)
        // The shell itself may open one more for the pattern; none of this process' may be among them.
        #expect(text.hasPrefix("0 1 2 3 "), "\(text)")
        #expect(text.prefix { $0 != "S" }.split(separator: " ").count <= 5, "\(text)")
        #expect(text.contains("SigBlk:\t0000000000000000"), "\(text)")
        // Signals from 32 on belong to the C library.
        let ignored = text.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
        let mask = try #require(ignored.flatMap { UInt64($0, radix: 16) })
        #expect(mask & 0x7fff_ffff == 0, "\(text)")
    }

    @Test("reports progress, saves checkpoints and asks for a later time, on descriptor 3")
    func reports() async throws {
        let recorder = Recorder()
        let end = try await run(
            """
            echo 'progress 0.25' >&3; echo 'progress 0.4 half way' >&3
            echo 'checkpoint {"page": 7}' >&"$OFFSTAGE_PROGRESS_FD"; printf 'snooze 90s' >&3
            """, recorder: recorder)
        #expect(
            recorder.events == [
                .progress(0.25, note: ""), .progress(0.4, note: "half way"), .checkpoint(Array("{\"page\": 7}".utf8)),
            ])
        #expect(end.snooze == .seconds(90))
    }

    @Test("does not fail because of lines that cannot be understood; each is reported")
    func badReports() async throws {
        let recorder = Recorder()
        let end = try await run(
            """
            printf 'progress x\\ncheckpoint {\\nhello\\n' >&3
            head -c 10000 /dev/zero | tr '\\0' p >&3; echo >&3; echo progress 1 >&3
            """, recorder: recorder)
        #expect(end.status == .exited(0))
        #expect(recorder.badReports.count == 4, "\(recorder.badReports)")
        #expect(recorder.events.last == .progress(1, note: ""))
    }

    @Test("may save a checkpoint of a megabyte")
    func savesLargeCheckpoint() async throws {
        let recorder = Recorder()
        let line = "printf 'checkpoint \"' >&3; head -c 1000000 /dev/zero | tr '\\0' c >&3; echo '\"' >&3"
        _ = try await run(line, recorder: recorder)
        guard case .checkpoint(let value) = recorder.events.first else {
            Issue.record("\(recorder.events.count) events, none a checkpoint")
            return
        }
        #expect(value.count == 1_000_002)
    }

    @Test("has its standard error passed on line by line, and the end of it kept")
    func errors() async throws {
        let recorder = Recorder()
        let end = try await run("echo one >&2; echo two >&2; printf three >&2; exit 3", recorder: recorder)
        #expect(recorder.errorLines == ["one", "two", "three"])
        #expect(end.message == "exit status 3: one\ntwo\nthree")
        let long = try await run("yes long | head -c 100000 >&2; echo last words >&2; exit 1")
        #expect(long.errorTail.utf8.count <= 4096)
        #expect(long.errorTail.hasSuffix("last words"))
    }

    @Test("that writes faster than it is read waits, and loses nothing")
    func backPressure() async throws {
        let count = Counter()
        let end = try await program("yes 0123456789 | head -n 200000 >&2").run(input: []) { _ in await count.add() }
        #expect(end.status == .exited(0))
        #expect(await count.value == 200_000)
    }

    @Test("may write a gigabyte, of which the beginning is kept in little memory")
    func gigabyte() async throws {
        // Runs in a separate process, whose memory nothing else uses.
        await #expect(processExitsWith: .success) {
            _ = try await run("echo x")
            let before = residentMebibytes()
            let end = try await run("head -c 1000000000 /dev/zero")
            #expect(end.status == .exited(0))
            #expect(end.output.count == 64 << 10)
            #expect(end.outputTruncated)
            #expect(residentMebibytes() - before < 16)
        }
    }

    @Test("is not cut by a newline directly after the limit")
    func exactlyFull() async throws {
        let end = try await run("head -c 65536 /dev/zero | tr '\\0' x; echo")
        #expect(end.output.count == 64 << 10)
        #expect(!end.outputTruncated)
    }

    @Test("runs beside a hundred others under one watcher")
    func many() async throws {
        let watcher = try ProgramWatcher()
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let end = try await program("read x; echo $x", watcher: watcher).run(input: Array("\(number)".utf8))
                    return String(decoding: end.output, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(outputs == Set((0..<100).map(String.init)))
    }

    @Test("whose environment is too large does not start, and reports that")
    func tooLarge() async throws {
        let end = try await program("echo never").run(
            input: [], environment: ["HUGE": String(repeating: "x", count: 200_000)])
        guard case .notStarted(let reason) = end.status else {
            Issue.record("started: \(end)")
            return
        }
        #expect(reason == "Argument list too long")
    }
}

private actor Counter {
    private(set) var value = 0
    func add() { value += 1 }
}

private func residentMebibytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) / 1024
}
