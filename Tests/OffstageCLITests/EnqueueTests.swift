// `enqueue` with one job and with many: its output, what it stores, and how it handles bad input.
import Foundation
import OffstageCore
import Testing

@Suite struct EnqueueTests {
    private let scratch = Scratch()

    private func show(_ id: String) async throws -> JSON {
        try JSON.parse(try await Program.run("show", id, "--json", in: scratch).output)
    }

    @Test func itPrintsTheIDAloneAndKeepsTheArgumentsByteForByte() async throws {
        let result = try await Program.run("enqueue", "mail.send", #"{ "b":1.50,"a": [] }"#, in: scratch)
        #expect(result.status == 0)
        #expect(result.messages.isEmpty)
        #expect(JobID(result.lines[0]) != nil)
        let shown = try await Program.run("show", result.lines[0], "--json", in: scratch)
        #expect(shown.output.contains(#""args":{ "b":1.50,"a": [] },"#))
    }

    @Test func theDocumentHasTheMembersOfTheDesignInTheirOrder() async throws {
        let id = try await Program.run("enqueue", "t", in: scratch).lines[0]
        guard case .object(let members) = try await show(id) else { return #expect(Bool(false)) }
        #expect(
            members.map(\.name) == [
                "id", "type", "queue", "state", "priority", "args", "attempt", "max_attempts", "crashes",
                "suspect", "interruptions",
                "run_at", "enqueued_at", "attempted_at", "finished_at", "expires_at", "timeout_s", "unique_key", "tags",
                "meta", "parent", "return_queue", "progress", "checkpoint", "result", "result_truncated", "worker",
                "lease_until", "cancel_requested_at", "errors",
            ])
    }

    @Test func everyOptionReachesTheRecord() async throws {
        let id = "01900000-0000-7000-8000-000000000001"
        let result = try await Program.run(
            "enqueue", "t", "[1]", "--queue", "q", "--in", "1h", "--priority", "2", "--unique", "k", "--max-attempts",
            "3",
            "--timeout", "30s", "--expires", "2h", "--tag", "a", "--tag", "b", "--meta", "x=y=z", "--return", "r",
            "--id", id,
            "--json", in: scratch)
        #expect(result.output == #"{"id":"\#(id)","state":"scheduled","duplicate":false,"replaced":false}"# + "\n")
        let job = try await show(id)
        #expect(job["queue"] == .string("q"))
        #expect(job["priority"] == .number("2"))
        #expect(job["unique_key"] == .string("k"))
        #expect(job["max_attempts"] == .number("3"))
        #expect(job["timeout_s"] == .number("30"))
        #expect(job["tags"] == .array([.string("a"), .string("b")]))
        #expect(job["meta"] == .object([JSONMember("x", .string("y=z"))]))
        #expect(job["return_queue"] == .string("r"))
        let runAt = try #require(job["run_at"]?.stringValue.flatMap { Timestamp($0) })
        let enqueuedAt = try #require(job["enqueued_at"]?.stringValue.flatMap { Timestamp($0) })
        #expect(runAt - enqueuedAt == .seconds(3600))
        #expect(job["expires_at"]?.stringValue.flatMap { Timestamp($0) }.map { $0 - enqueuedAt } == .seconds(7200))
    }

    @Test func theSameIDAgainIsADuplicateAndWithOtherContentRefused() async throws {
        let id = "01900000-0000-7000-8000-000000000002"
        _ = try await Program.run("enqueue", "t", "1", "--id", id, in: scratch)
        let again = try await Program.run("enqueue", "t", "1", "--id", id, "--json", in: scratch)
        #expect(again.output.contains(#""duplicate":true"#))
        let other = try await Program.run("enqueue", "t", "2", "--id", id, in: scratch)
        #expect(other.status == 1)
        #expect(other.output.isEmpty)
        #expect(other.messages.contains(id))
    }

    @Test func aConflictAnswersWithTheHolderOrReplacesIt() async throws {
        let holder = try await Program.run("enqueue", "t", "1", "--in", "1h", "--unique", "k", in: scratch).lines[0]
        let second = try await Program.run("enqueue", "t", "2", "--unique", "k", in: scratch)
        #expect(second.lines == [holder])
        let third = try await Program.run(
            "enqueue", "t", "3", "--unique", "k", "--on-conflict", "replace", "--json", in: scratch)
        #expect(third.output.contains(#""id":"\#(holder)","state":"available","duplicate":false,"replaced":true"#))
        #expect(try await show(holder)["args"] == .number("3"))
        let spellings = try await Program.run("enqueue", "u", #"{"a":1,"b":2}"#, "--unique-args", in: scratch).lines
        #expect(
            try await Program.run("enqueue", "u", #"{"b":2.0, "a":1e0}"#, "--unique-args", in: scratch).lines
                == spellings)
    }

    @Test func argumentsComeFromStandardInputAndHaveALimit() async throws {
        let id = try await Program.run("enqueue", "t", "-", in: scratch, input: "{\"x\":\"é\"}\n").lines[0]
        #expect(try await show(id)["args"]?["x"] == .string("é"))
        let long = "\"" + String(repeating: "a", count: 1 << 20) + "\""
        let refused = try await Program.run("enqueue", "t", "-", in: scratch, input: long)
        #expect(refused.status == 1)
        #expect(refused.messages.contains("1048578 bytes") && refused.messages.contains("1048576"))
    }

    @Test func waitingPrintsTheResultAndFailsIfTheJobDoes() async throws {
        let worker = try Program.start(["work", "--handler", "ok=cat", "--handler", "bad=exit 65"], in: scratch)
        defer { worker.terminate() }
        let good = try await Program.run("enqueue", "ok", "{\"a\":[1, 2]}", "--wait", "20s", in: scratch)
        #expect(good.status == 0)
        #expect(good.output == "{\"a\":[1, 2]}\n")
        let bad = try await Program.run("enqueue", "bad", "--wait", "20s", in: scratch)
        #expect(bad.status == 1)
        #expect(bad.output.isEmpty)
        #expect(bad.messages.contains("was discarded"))
        let never = try await Program.run("enqueue", "nobody", "--wait", "200ms", in: scratch)
        #expect(never.status == 1)
        #expect(never.messages.contains("has not ended within 200ms: it is available"))
    }
}
