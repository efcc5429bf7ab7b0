// `work` with programs as handlers, through the command line from end to end: results, exit statuses, cancel, drain,
// SIGTERM, and what is reported before anything is reserved.
import Foundation
import OffstageCore
import OffstageSystem
import Testing

@Suite struct WorkTests {
    private let scratch = Scratch()

    private func job(_ id: String) async throws -> JSON {
        try JSON.parse(try await Program.run("show", id, "--json", in: scratch).output)
    }

    private func state(_ id: String) async throws -> String? { try await job(id)["state"]?.stringValue }

    @Test func aProgramIsAWorker() async throws {
        let script = try scratch.write(
            "handler.sh",
            """
            #!/bin/sh
            read arguments
            echo "progress 0.4 half way" >&3
            echo "checkpoint {\\"at\\":4}" >&3
            echo "a line for the log" >&2
            printf '{"got":%s,"job":"%s","attempt":%s}' "$arguments" "$OFFSTAGE_JOB_ID" "$OFFSTAGE_JOB_ATTEMPT"
            """)
        let id = try await Program.run("enqueue", "t", "{\"a\":1}", in: scratch).lines[0]
        let work = try await Program.run("work", "--handler", "t=\(script)", "--drain", in: scratch)
        #expect(work.status == 0, "\(work.messages)")
        #expect(work.output.isEmpty)
        #expect(work.messages.contains("a line for the log"))
        let record = try await job(id)
        #expect(record["state"] == .string("completed"))
        #expect(record["result"]?["got"]?["a"] == .number("1"))
        #expect(record["result"]?["job"] == .string(id))
        #expect(record["progress"]?["fraction"]?.doubleValue == 0.4)
        #expect(record["progress"]?["note"] == .string("half way"))
    }

    @Test func exitStatusesMeanWhatTheDesignSays() async throws {
        let commands = ["ok=true", "again=exit 75", "no=exit 65", "broken=echo why >&2; exit 3"]
        var ids: [String] = []
        for command in commands {
            let type = command.prefix { $0 != "=" }
            ids.append(try await Program.run("enqueue", String(type), in: scratch).lines[0])
        }
        let handlers = commands.flatMap { ["--handler", $0] }
        let work = try await Program.run(["work", "--drain"] + handlers, in: scratch)
        #expect(work.status == 0, "\(work.messages)")
        var ends: [String] = []
        for id in ids {
            let record = try await job(id)
            guard case .array(let errors)? = record["errors"] else { continue }
            ends.append("\(record["state"]?.stringValue ?? "") \(errors.last?["kind"]?.stringValue ?? "-")")
        }
        #expect(ends == ["completed -", "retryable retry", "discarded discard", "retryable failed"])
        let shown = try await Program.run("show", ids[3], in: scratch).output
        #expect(shown.contains("exit status 3: why"))
        let why = try await Program.run("why", ids[3], "--json", in: scratch).output
        #expect(why.contains("\"reason\":\"retry_at\""))
    }

    @Test func cancelReachesARunningProgramWithItsChildren() async throws {
        let id = try await Program.run("enqueue", "t", in: scratch).lines[0]
        let pidFile = scratch.path + "/pid"
        let worker = try Program.start(
            ["work", "--handler", "t=sleep 300 & echo $! > \(pidFile); wait"], in: scratch)
        defer { worker.terminate() }
        #expect(await Program.eventually { !scratch.read("pid").isEmpty })
        let cancel = try await Program.run("cancel", id, in: scratch)
        #expect(cancel.status == 0)
        #expect(cancel.output.contains("asked to stop"))
        #expect(try await Program.eventually { try await state(id) == "cancelled" })
        let child = try #require(Int32(scratch.read("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await Program.eventually { kill(child, 0) != 0 })
    }

    @Test func aTerminatedWorkerHandsItsJobBack() async throws {
        let id = try await Program.run("enqueue", "t", in: scratch).lines[0]
        let worker = try Program.start(["work", "--handler", "t=sleep 300", "--grace", "100ms"], in: scratch)
        defer { worker.terminate() }
        #expect(try await Program.eventually { try await state(id) == "running" })
        let why = try await Program.run("why", id, "--json", in: scratch).output
        #expect(why.contains("\"reason\":\"leased\""))
        worker.terminate()
        #expect(await Program.eventually { !worker.isRunning })
        #expect(worker.terminationStatus == 0)
        let record = try await job(id)
        #expect(record["state"] == .string("available"))
        #expect(record["errors"] == .array([]))
        #expect(record["interruptions"] == .number("1"))
    }

    @Test func aWorkerIsSeenAndObeysCommandsFromOutside() async throws {
        let worker = try Program.start(["work", "--handler", "t=true", "--queues", "a:2,b:1"], in: scratch)
        defer { worker.terminate() }
        var seen: [String] = []
        #expect(
            try await Program.eventually {
                seen = try await Program.run("workers", "--json", in: scratch).lines
                return !seen.isEmpty
            })
        let record = try JSON.parse(seen[0])
        #expect(record["pid"]?.integerValue == Int(worker.processIdentifier))
        #expect(record["queues"] == .array([.string("a"), .string("b")]))
        #expect(record["types"] == .array([.string("t")]))
        let id = try #require(record["id"]?.stringValue)
        #expect(try await Program.run("workers", "stop", id, in: scratch).status == 0)
        #expect(await Program.eventually { !worker.isRunning })
        #expect(worker.terminationStatus == 0)
        #expect(try await Program.run("workers", "stop", "0123456789abcdef", in: scratch).status == 3)
    }

    /// A command that kills the worker it runs under: the parent of its keeper.
    private static let poison = "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat); sleep 60"

    @Test func processesOutliveThePoisonInOneOfThem() async throws {
        let bad = try await Program.run("enqueue", "bad", in: scratch).lines[0]
        for _ in 0..<20 { _ = try await Program.run("enqueue", "good", in: scratch) }
        let handlers = ["--handler", "bad=\(Self.poison)", "--handler", "good=echo post=$OFFSTAGE_POST"]
        let work = try await Program.run(
            ["work", "--processes", "2", "--concurrency", "3", "--crash-limit", "2", "--drain"] + handlers, in: scratch)
        #expect(work.status == 0, "\(work.messages)")
        let record = try await job(bad)
        #expect(record["state"] == .string("discarded"))
        #expect(record["crashes"] == .number("3"))
        guard case .array(let errors)? = record["errors"] else { return #expect(Bool(false)) }
        #expect(errors.count == 3)
        #expect(errors.allSatisfy { $0["kind"] == .string("crash") })
        #expect(errors.last?["message"]?.stringValue?.contains("signal 9 (SIGKILL)") == true)
        let good = try await Program.run("jobs", "--type", "good", "--json", in: scratch).lines.map {
            try JSON.parse($0)
        }
        #expect(good.count == 20)
        #expect(good.allSatisfy { $0["state"] == .string("completed") && $0["attempt"] == .number("1") })
        // Programs do not inherit the foreman's environment variable.
        let first = try #require(good.first?["id"]?.stringValue)
        #expect(try await job(first)["result"] == .string("post="))
    }

    @Test func isolatedJobsRunInProcessesOfTheirOwn() async throws {
        for _ in 0..<6 { _ = try await Program.run("enqueue", "t", in: scratch) }
        let log = scratch.path + "/parents"
        let work = try await Program.run(
            "work", "--isolate", "--concurrency", "2", "--drain", "--handler",
            "t=cut -d' ' -f4 /proc/$PPID/stat >> \(log)", in: scratch)
        #expect(work.status == 0, "\(work.messages)")
        let parents = scratch.read("parents").split(separator: "\n")
        #expect(parents.count == 6 && Set(parents).count == 6, "\(parents)")
    }

    @Test func eachProcessIsAWorkerToTheOutside() async throws {
        let foreman = try Program.start(["work", "--handler", "t=true", "--processes", "3"], in: scratch)
        defer { foreman.terminate() }
        var seen: [JSON] = []
        #expect(
            try await Program.eventually {
                seen = try await Program.run("workers", "--json", in: scratch).lines.map { try JSON.parse($0) }
                return seen.count == 3
            })
        #expect(!seen.contains { $0["pid"]?.integerValue == Int(foreman.processIdentifier) })
        // Workers that are stopped one by one stay stopped. When all have stopped, the foreman has nothing left to
        // supervise and ends.
        for worker in seen {
            let id = try #require(worker["id"]?.stringValue)
            #expect(try await Program.run("workers", "stop", id, in: scratch).status == 0)
        }
        #expect(await Program.eventually { !foreman.isRunning })
        #expect(foreman.terminationStatus == 0)
    }

    @Test(arguments: [
        (["work"], 2, "work needs --handler"), (["work", "--handler", "t"], 2, "has no '='"),
        (["work", "--handler", "t=/no/such/program"], 1, "does not exist"),
        (["work", "--handlers", "missing"], 1, "cannot read missing"),
        (["work", "--handler", "t=./plain"], 1, "t"), (["work", "--handlers", "handlers"], 1, "handlers:2: "),
        (["work", "--handler", "t=true", "--queues", "a,,b"], 2, "--queues must be names"),
        (["work", "--handler", "t=true", "--handler", "t=false"], 1, "two handlers"),
        (["work", "--handler", "t=true", "--concurrency", "0"], 2, "--concurrency"),
        (["work", "--handler", "t=true", "--processes", "0"], 2, "--processes"),
        (["work", "--handler", "t=true", "--crash-limit", "0"], 2, "--crash-limit"),
        (["work", "--handler", "t=true", "--processes", "2", "--isolate"], 2, "leave --processes out"),
        (["work", "--handler", "t=/no/such/program", "--processes", "2"], 1, "does not exist"),
    ])
    func whatIsWrongWithHandlersIsToldBeforeAnythingIsReserved(_ words: [String], status: Int32, message: String)
        async throws
    {
        _ = try scratch.write("plain", "not a program")
        _ = try scratch.write("handlers", "# a comment\nnonsense\n")
        let result = try await Program.run(words, in: scratch)
        #expect(result.status == status, "\(result.messages)")
        #expect(result.messages.contains(message), "\(result.messages)")
        #expect(result.messages.split(separator: "\n").count == 1, "\(result.messages)")
    }
}
