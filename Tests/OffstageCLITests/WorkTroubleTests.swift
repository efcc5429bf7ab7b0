// A worker that lacks something: descriptors, threads, a reader for its log, or a process that reaps orphans.
import Foundation
import OffstageCore
import OffstageSystem
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct WorkTroubleTests {
    private let scratch = Scratch()

    private func state(_ id: String) async throws -> String? {
        try JSON.parse(try await Program.run("show", id, "--json", in: scratch).output)["state"]?.stringValue
    }

    private func counts() async throws -> JSON? {
        try JSON.parse(try await Program.run("stats", "--json", in: scratch).output)["jobs"]
    }

    /// Runs a shell line in which `$OFFSTAGE` is the program.
    private func shell(_ line: String, pipe: Pipe? = nil) throws -> (process: Process, texts: () -> String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        process.environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "OFFSTAGE_STORE": scratch.store, "OFFSTAGE": Program.executable,
        ]
        let name = UUID().uuidString + ".txt"
        _ = FileManager.default.createFile(atPath: scratch.path + "/" + name, contents: nil)
        let file = FileHandle(forWritingAtPath: scratch.path + "/" + name)
        process.standardOutput = file
        process.standardError = pipe ?? file
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let scratch = scratch
        return (process, { scratch.read(name) })
    }

    private func run(_ line: String) async throws -> (status: Int32, text: String) {
        let (process, text) = try shell(line)
        for _ in 0..<2400 where process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        guard !process.isRunning else {
            kill(process.processIdentifier, SIGKILL)
            return (-1, "it does not end: " + text())
        }
        return (process.terminationStatus, text())
    }

    private func enqueue(_ count: Int, _ type: String) async throws {
        let line = "{\"type\":\"\(type)\",\"max_attempts\":1}\n"
        let bulk = try await Program.run(
            "enqueue", "--bulk", "-", in: scratch, input: String(repeating: line, count: count))
        #expect(bulk.status == 0, "\(bulk.messages)")
    }

    @Test(arguments: ["", "--processes 1"]) func withoutDescriptorsJobsAreNotTried(_ words: String) async throws {
        try await enqueue(60, "j")
        let work = try await run(
            "ulimit -n 64; exec $OFFSTAGE work --handler 'j=sleep 0.1' --concurrency 64 --drain \(words)")
        #expect(work.status == 0, "\(work.text)")
        let counts = try await counts()
        #expect(counts?["completed"] == .number("60"), "\(String(describing: counts)) \(work.text)")
        let lines = work.text.split(separator: "\n")
        #expect(lines.count { $0.contains("handed back untried") && $0.contains("Too many open files") } == 1)
        #expect(lines.count { $0.contains("the limit of open descriptors is too low") } >= 1)
    }

    @Test(arguments: ["", "--processes 1", "--isolate"]) func theSoftLimitIsRaisedAndProgramsGetTheOldOne(
        _ words: String
    ) async throws {
        try await enqueue(8, "j")
        let id = try await Program.run("enqueue", "n", in: scratch).lines[0]
        let work = try await run(
            "ulimit -Hn 4096; ulimit -Sn 64; exec $OFFSTAGE work --handler 'j=sleep 0.1' --handler 'n=ulimit -Sn'"
                + " --concurrency 16 --drain \(words)")
        #expect(work.status == 0, "\(work.text)")
        #expect(try await counts()?["completed"] == .number("9"))
        #expect(!work.text.contains("descriptors"), "\(work.text)")
        #expect(try await Program.run("show", id, "--json", in: scratch).output.contains("\"result\":64"))
    }

    @Test func withoutThreadsTheWorkerSaysSoAndEnds() async throws {
        let folder = scratch.path
        chmod(folder, 0o777)
        // Root has no limit. Any other user who runs this already has more than one process.
        let asOther = geteuid() == 0 ? "setpriv --reuid=54321 --regid=54321 --clear-groups" : ""
        for limit in geteuid() == 0 ? [3, 4, 5, 6, 7, 8, 9, 10] : [1] {
            let work = try await run(
                "\(asOther) timeout 20 bash -c 'ulimit -u \(limit); exec $OFFSTAGE work --handler j=true --drain'")
            #expect(work.status == 1, "\(limit): \(work.text)")
            #expect(work.text.split(separator: "\n").count == 1, "\(limit): \(work.text)")
            #expect(work.text.contains("(ulimit -u)"), "\(limit): \(work.text)")
        }
    }

    @Test(arguments: ["", "--processes 1"]) func aLogThatNobodyReadsStopsNothing(_ words: String) async throws {
        let pipe = Pipe()
        let (worker, _) = try shell(
            "exec $OFFSTAGE work --handler 'n=head -c 300000 /dev/zero | tr \"\\0\" x | fold >&2' --handler q=true"
                + " --grace 1s \(words)", pipe: pipe)
        defer { kill(worker.processIdentifier, SIGKILL) }
        for _ in 0..<4 { _ = try await Program.run("enqueue", "n", in: scratch) }
        let first = try await Program.run("enqueue", "q", "--wait", "30s", in: scratch)
        #expect(first.status == 0, "\(first.messages)")
        #expect(try await Program.eventually { try await counts()?["completed"] == .number("5") })
        worker.terminate()
        #expect(await Program.eventually { !worker.isRunning })
        #expect(worker.terminationStatus == 0)
        // What was kept consists of whole lines; the rest is missing.
        let kept = pipe.fileHandleForReading.availableData
        #expect(kept.count <= 1 << 20)
    }

    @Test func whatWasDroppedIsReported() async throws {
        let pipe = Pipe()
        let (worker, _) = try shell(
            "exec $OFFSTAGE work --handler 'n=head -c 300000 /dev/zero | tr \"\\0\" x | fold >&2' --handler q=exit\\ 3"
                + " --grace 1s", pipe: pipe)
        defer { kill(worker.processIdentifier, SIGKILL) }
        for _ in 0..<4 { _ = try await Program.run("enqueue", "n", in: scratch) }
        #expect(try await Program.eventually { try await counts()?["completed"] == .number("4") })
        let text = Kept()
        Thread.detachNewThread {
            while case let piece = pipe.fileHandleForReading.availableData, !piece.isEmpty { text.add(piece) }
        }
        #expect(
            try await Program.eventually {
                _ = try await Program.run("enqueue", "q", in: scratch)
                return text.all.contains("dropped: nobody read")
            })
        worker.terminate()
        #expect(await Program.eventually { !worker.isRunning })
    }

    @Test func whatATerminalWouldObeyIsEscapedInTheLog() async throws {
        _ = try await Program.run("enqueue", "t", in: scratch)
        for words in [[], ["--json"]] {
            _ = try await Program.run("enqueue", "t", in: scratch)
            let work = try await Program.run(
                ["work", "--drain", "--handler", "t=printf 'a\\302\\233b\\342\\200\\256c\\033d\\n' >&2"] + words,
                in: scratch)
            #expect(!work.messages.unicodeScalars.contains { [0x9B, 0x202E, 0x1B].contains($0.value) })
            let escaped = words.isEmpty ? "a\\u{9b}b\\u{202e}c\\u{1b}d" : "a\\u009bb\\u202ec\\u001bd"
            #expect(work.messages.contains(escaped), "\(work.messages)")
        }
    }

    @Test func aProgramChoosesHowItIsTriedAgain() async throws {
        _ = try scratch.write("handlers", "b retry 1h=exit 3\nc=echo retry 2h >&3; exit 75\n")
        var ids: [String] = []
        for type in ["a", "b", "c"] { ids.append(try await Program.run("enqueue", type, in: scratch).lines[0]) }
        let work = try await Program.run(
            "work", "--drain", "--retry", "never", "--handlers", "handlers", "--handler", "a=exit 3", in: scratch)
        #expect(work.status == 0, "\(work.messages)")
        #expect(try await state(ids[0]) == "discarded")
        for (id, hours) in [(ids[1], 1.0), (ids[2], 2.0)] {
            let record = try JSON.parse(try await Program.run("show", id, "--json", in: scratch).output)
            let at = try #require(record["run_at"]?.stringValue.flatMap { Timestamp($0) })
            let wait = Double((at - SystemTime().now()).microseconds) / 3_600_000_000
            #expect((hours - 0.1...hours).contains(wait), "\(wait)")
        }
        let wrong = try await Program.run("work", "--retry", "often", "--handler", "a=true", in: scratch)
        #expect(wrong.status == 2)
        #expect(wrong.messages.contains("--retry \"often\" is no retry policy"))
    }

    @Test func theTimeBetweenTheTwoSignalsCanBeSet() async throws {
        let script = try scratch.write(
            "slow.sh",
            "#!/bin/bash\ntrap 'sleep 4; echo cleaned >> cleaned; exit 75' TERM\nwhile :; do sleep 0.1; done\n")
        for (words, isCleaned) in [(["--kill-after", "500ms"], false), (["--kill-after", "20s"], true)] {
            _ = try await Program.run("enqueue", "t", "--timeout", "500ms", "--max-attempts", "1", in: scratch)
            let work = try await Program.run(["work", "--drain", "--handler", "t=\(script)"] + words, in: scratch)
            #expect(work.status == 0, "\(work.messages)")
            #expect(scratch.read("cleaned").isEmpty == !isCleaned)
        }
    }

    #if os(Linux)
        private static let canUnshare = geteuid() == 0

        @Test(.enabled(if: canUnshare, "process 1 of a namespace takes root to become"))
        func process1LeavesNoZombies() async throws {
            _ = try await Program.run("enqueue", "leave", in: scratch)
            let id = try await Program.run("enqueue", "count", "--in", "2s", in: scratch).lines[0]
            let inside = "unshare --pid --fork --mount-proc"
            let work = try await run(
                "\(inside) $OFFSTAGE work --handler 'leave=for i in 1 2 3; do setsid sleep 0.3 & done; sleep 0.1'"
                    + " --handler 'count=grep -l \"^State:.Z\" /proc/[0-9]*/status | wc -l' & W=$!; sleep 5;"
                    + " kill $(pgrep -P $W); wait $W")
            #expect(try await Program.run("show", id, "--json", in: scratch).output.contains("\"result\":0"), "\(work)")
            #expect(work.text.contains("SIGTERM received"))
            #expect(work.status == 0)
            // The worker's status becomes the status of process 1.
            #expect(try await run("\(inside) $OFFSTAGE work --handler t=/no/such/program").status == 1)
        }
    #endif
}

/// Bytes that another thread reads and collects.
private final class Kept: Sendable {
    private let bytes = Mutex(Data())
    var all: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    func add(_ more: Data) { bytes.withLock { $0.append(more) } }
}
