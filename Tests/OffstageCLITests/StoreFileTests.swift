// Stores that cannot be used: one clear line each, status 1, and the file is left unchanged.
import Foundation
import OffstageCore
import Testing

@Suite struct StoreFileTests {
    private let scratch = Scratch()

    private func refused(_ path: String) async throws -> String {
        let result = try await Program.run("queues", "--store", "sqlite:\(path)", in: scratch)
        #expect(result.status == 1, "\(result)")
        #expect(result.output.isEmpty)
        #expect(result.messages.split(separator: "\n").count == 1, "\(result.messages)")
        return result.messages
    }

    @Test func aFolderAMissingFolderAndAnotherFileAreTold() async throws {
        #expect(try await refused(scratch.path).contains("is not a file"))
        #expect(try await refused("no/such/folder/x.db").contains("there is no folder"))
        let text = try scratch.write("notes.txt", String(repeating: "not a database\n", count: 500))
        #expect(try await refused(text).contains("notes.txt"))
        #expect(scratch.read("notes.txt").hasPrefix("not a database"))
    }

    @Test func migrateMakesAStoreAndLeavesOneThatIsUpToDate() async throws {
        let made = try await Program.run("migrate", "--json", in: scratch)
        #expect(made.status == 0, "\(made)")
        #expect(try JSON.parse(made.output)["from"] == .number("0"))
        let id = try await Program.run("enqueue", "t", in: scratch).lines[0]
        let again = try await Program.run("migrate", in: scratch)
        #expect(again.output.contains("is up to date"), "\(again)")
        #expect(try await Program.run("show", id, in: scratch).status == 0)
    }

    @Test func doctorFindsASoundStoreSound() async throws {
        _ = try await Program.run("enqueue", "t", in: scratch)
        let result = try await Program.run("doctor", "--json", in: scratch)
        #expect(result.status == 0, "\(result)")
        let document = try JSON.parse(result.output)
        #expect(document["ok"] == .bool(true))
        #expect(document["store"] == .string("sqlite"))
    }

    @Test func namespacesKeepAppsApart() async throws {
        _ = try await Program.run("enqueue", "t", "--store", "\(scratch.store)?namespace=a", in: scratch)
        #expect(
            try await Program.run("jobs", "--json", "--store", "\(scratch.store)?namespace=a", in: scratch).lines.count
                == 1)
        for store in ["\(scratch.store)?namespace=b", scratch.store] {
            _ = try await Program.run("migrate", "--store", store, in: scratch)
            #expect(try await Program.run("jobs", "--json", "--store", store, in: scratch).lines.isEmpty)
        }
    }

    @Test func benchMeasuresAndCleansUp() async throws {
        let result = try await Program.run("bench", "--jobs", "2000", "--backlog", "0", "--json", in: scratch)
        #expect(result.status == 0, "\(result.messages)")
        let document = try JSON.parse(result.output)
        #expect((document["enqueue_bulk"]?["jobs_per_s"]?.integerValue ?? 0) > 0)
        #expect((document["drain"]?["ratio"]?.doubleValue ?? 0) > 0)
        #expect((document["pickup_ms"]?["samples"]?.integerValue ?? 0) > 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.hasPrefix("offstage-bench") }, "\(left)")
    }

    // MARK: Missing files

    @Test func commandsThatOnlyLookOrSteerMakeNoStore() async throws {
        let id = "01a20d3a-0839-7c34-a1a0-156b5d767107"
        let commands: [[String]] = [
            ["doctor"], ["queues"], ["stats"], ["jobs"], ["workers"], ["show", id], ["why", id], ["watch", id],
            ["top", "--json"], ["returns", "web"], ["returns", "web", "--peek"], ["cancel", id], ["retry", id],
            ["remove", id], ["reschedule", id, "--in", "1m"], ["pause", "q"], ["resume", "q"], ["clear", "q"],
            ["workers", "stop", "0123456789abcdef"], ["backup", "copy.db"],
        ]
        for command in commands {
            let result = try await Program.run(command + ["--store", "sqlite:typo.db"], in: scratch)
            #expect(result.status == 1, "\(command): \(result)")
            #expect(result.messages.hasSuffix("no store at typo.db (offstage migrate makes one)\n"), "\(result)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.hasPrefix("typo") || $0.hasPrefix("copy") }, "\(left)")
    }

    @Test func aStoreInMemoryOfSQLiteIsNoFile() async throws {
        for command in [["queues"], ["enqueue", "t"]] {
            let result = try await Program.run(command + ["--store", "sqlite::memory:"], in: scratch)
            #expect(result.status == 1 && result.messages.contains("is not the path of a file"), "\(result)")
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/:memory:"))
    }

    // MARK: Lost files

    private func removeStore() {
        for suffix in ["", "-wal", "-shm", "-lock", "-wake"] { unlink(scratch.path + "/jobs.db" + suffix) }
    }

    @Test func enqueueAcceptsNothingIntoAFileThatIsGone() async throws {
        let lines = (0..<1500).map { _ in #"{"type":"j","args":2}"# }.joined(separator: "\n")
        let file = try scratch.write("jobs.jsonl", lines)
        let script = try scratch.write(
            "feed.sh",
            """
            #!/bin/sh
            ( echo '{"type":"j","args":1}'
              while [ ! -s jobs.db ]; do sleep 0.05; done
              rm -f jobs.db*
              cat '\(file)'
            ) | '\(Program.executable)' enqueue --bulk -
            """)
        let ended = await withCheckedContinuation { continuation in
            do {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: script)
                process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
                process.environment = ["PATH": "/usr/bin:/bin", "OFFSTAGE_STORE": scratch.store]
                let errors = Pipe()
                process.standardError = errors
                process.standardOutput = FileHandle.nullDevice
                try process.run()
                let said = errors.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: (process.terminationStatus, String(decoding: said, as: UTF8.self)))
            } catch {
                continuation.resume(returning: (-1, "\(error)"))
            }
        }
        #expect(ended.0 == 1, "\(ended)")
        #expect(ended.1.contains("was removed while it was in use"), "\(ended)")
    }

    @Test(arguments: [[], ["--processes", "2"]])
    func aWorkerEndsWithItsFile(options: [String]) async throws {
        _ = try await Program.run("migrate", in: scratch)
        let end = EndedProgram()
        let process = try Program.start(["work", "--handler", "t=true"] + options, in: scratch) { end.set($0) }
        defer { process.terminate() }
        #expect(
            try await Program.eventually {
                try await Program.run("workers", "--json", in: scratch).lines.count == max(1, options.count)
            })
        removeStore()
        #expect(await Program.eventually { end.result != nil })
        let ended = try #require(end.result)
        #expect(ended.status == 1, "\(ended)")
        #expect(ended.messages.contains("was removed while it was in use"), "\(ended)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/jobs.db"))
    }

    // MARK: Backup

    @Test func aBackupIsMadeOnceAndIsAStore() async throws {
        for _ in 0..<3 { _ = try await Program.run("enqueue", "t", in: scratch) }
        let made = try await Program.run("backup", "copy.db", "--json", in: scratch)
        #expect(made.status == 0, "\(made)")
        #expect(try JSON.parse(made.output)["jobs"] == .number("3"))
        let again = try await Program.run("backup", "copy.db", in: scratch)
        #expect(again.status == 1 && again.messages.contains("exists already"), "\(again)")
        #expect(try await Program.run("doctor", "--store", "sqlite:copy.db", in: scratch).status == 0)
        let jobs = try await Program.run("jobs", "--json", "--store", "sqlite:copy.db", in: scratch)
        #expect(jobs.lines.count == 3)
        let server = try await Program.run("backup", "x", "--store", "redis://127.0.0.1", in: scratch)
        #expect(server.status == 2 && server.messages.contains("BGSAVE"), "\(server)")
    }
}
