// The program as a new user meets it: help, wrong usage, completion, and output that is not read to the end.
import Foundation
import OffstageCore
import Testing

@testable import OffstageCLI

@Suite struct UsageTests {
    private let scratch = Scratch()

    @Test func helpGoesToStandardOutputAndSucceeds() async throws {
        let result = try await Program.run("--help", in: scratch)
        #expect(result.status == 0)
        #expect(result.messages.isEmpty)
        #expect(result.output.contains("Usage: offstage COMMAND"))
        let one = try await Program.run("help", "enqueue", in: scratch)
        #expect(one.output.hasPrefix("Usage: offstage enqueue [TYPE] [JSON] [OPTIONS]"))
    }

    @Test(arguments: [
        ["enqeue"], ["jobs", "--state", "nonsense"], ["jobs", "--store", "ftp://x"],
        ["jobs", "--store", "redis:localhost"], ["jobs", "--store", "redis://u:secret@host:0"],
        ["jobs", "--store", "postgres://u:secret@host/db"],
        ["enqueue", "t", "{\"a\":}"], ["enqueue", "t", "--in", "3"],
        ["enqueue", "t", "--in", "1h", "--at", "2031-01-01T00:00:00Z"],
        ["enqueue", "t", "--unique-for", "1h"], ["enqueue", "t", "--unique", "k", "--unique-args"], ["enqueue"],
        ["enqueue", "t", "--skip-bad"], ["enqueue", "t", "--bulk", "x"], ["cancel"],
        ["cancel", "--all", "--queue", "q"],
        ["reschedule", "--all"], ["show", "nonsense"], ["stats", "--since", "73h"], ["top"], ["workers", "quiet"],
        ["workers", "quiet", "xyz"], ["returns", "n", "--follow", "--peek"], ["completion", "fish"], ["pause"],
    ])
    func wrongUsageIsOneLineAndStatusTwo(_ words: [String]) async throws {
        let result = try await Program.run(words, in: scratch)
        #expect(result.status == 2, "\(words): \(result)")
        #expect(result.output.isEmpty, "\(words)")
        #expect(result.messages.hasPrefix("offstage: "), "\(words)")
        #expect(result.messages.split(separator: "\n").count == 1, "\(words): \(result.messages)")
        #expect(!result.messages.contains("secret"), "\(words)")
    }

    @Test func malformedArgumentsAreToldWithTheirPlace() async throws {
        let result = try await Program.run("enqueue", "t", "{\"a\":1,\n \"b\" 2}", in: scratch)
        #expect(
            result.messages.contains("not JSON: line 2, column 6: found '2' where ':' was expected"),
            "\(result.messages)")
    }

    @Test func aReaderThatGoesAwayEndsTheProgramQuietly() async throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c", "set -o pipefail; \"$0\" completion bash 2>err.txt | true; echo ${PIPESTATUS[0]} >status.txt",
            Program.executable,
        ]
        shell.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        await withCheckedContinuation { continuation in
            shell.terminationHandler = { _ in continuation.resume() }
            do { try shell.run() } catch { continuation.resume() }
        }
        #expect(scratch.read("status.txt") == "0\n")
        #expect(scratch.read("err.txt").isEmpty)
    }

    @Test func bashCompletesCommandsOptionsAndWords() async throws {
        let script = try await Program.run("completion", "bash", in: scratch)
        let file = try scratch.write("completion.bash", script.output)
        func complete(_ words: String...) async throws -> [String] {
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            let text =
                "source '\(file)'; COMP_WORDS=(\(list)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
                + " _offstage; echo \"${COMPREPLY[*]}\""
            let path = try scratch.write("try-\(UUID().uuidString).sh", text)
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/bash")
            shell.arguments = ["-c", "bash '\(path)' >'\(path).out'"]
            await withCheckedContinuation { continuation in
                shell.terminationHandler = { _ in continuation.resume() }
                do { try shell.run() } catch { continuation.resume() }
            }
            let text2 = try String(contentsOfFile: path + ".out", encoding: .utf8)
            return text2.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        #expect(try await complete("offstage", "enq") == ["enqueue"])
        #expect(try await complete("offstage", "jobs", "--state", "re") == ["retryable"])
        #expect(try await complete("offstage", "enqueue", "--on-conflict", "") == ["existing", "replace", "again"])
        #expect(try await complete("offstage", "--store", "x", "jobs", "--li") == ["--limit"])
        #expect(try await complete("offstage", "jobs", "--limit", "").isEmpty)
    }
}
