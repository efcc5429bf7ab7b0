// Monitoring and steering through the command line: every job gets its own answer, filters report counts, and exit
// statuses distinguish "refused" from "no such job".
import Foundation
import OffstageCore
import Testing

@Suite struct SteerTests {
    private let scratch = Scratch()
    private let missing = "01900000-0000-7000-8000-00000000dead"

    private func enqueue(_ words: String...) async throws -> String {
        try await Program.run(["enqueue"] + words, in: scratch).lines[0]
    }

    @Test func everyJobAnswersForItself() async throws {
        let id = try await enqueue("t")
        let first = try await Program.run("cancel", id, missing, "--json", in: scratch)
        #expect(first.status == 3)
        #expect(
            first.lines == [
                #"{"id":"\#(id)","answer":"done","state":"cancelled","message":null}"#,
                #"{"id":"\#(missing)","answer":"not_found","state":null,"message":"no such job"}"#,
            ])
        let second = try await Program.run("cancel", id, in: scratch)
        #expect(second.status == 1)
        #expect(second.messages.contains(id) && second.output.isEmpty)
        #expect(try await Program.run("retry", id, in: scratch).output == "\(id)  available\n")
        #expect(try await Program.run("reschedule", id, "--in", "1h", in: scratch).output == "\(id)  scheduled\n")
        #expect(try await Program.run("remove", id, in: scratch).output == "\(id)  removed\n")
        for command in ["show", "why", "watch"] {
            let gone = try await Program.run(command, id, in: scratch)
            #expect(gone.status == 3)
            #expect(gone.messages == "offstage: no such job: \(id)\n")
        }
    }

    @Test func filtersCountAndDryRunsChangeNothing() async throws {
        let lines = (0..<1500).map { "{\"type\":\"\($0 < 1200 ? "a" : "b")\"}" }.joined(separator: "\n")
        _ = try await Program.run("enqueue", "--bulk", "-", in: scratch, input: lines)
        let dry = try await Program.run("cancel", "--type", "a", "--dry-run", "--json", in: scratch)
        #expect(dry.output == #"{"changed":1200,"refused":0,"dry_run":true}"# + "\n")
        #expect(try await Program.run("cancel", "--type", "a", in: scratch).output == "cancel: 1,200 jobs\n")
        let all = try await Program.run("cancel", "--all", "--json", in: scratch)
        #expect(all.output == #"{"changed":300,"refused":1200,"dry_run":false}"# + "\n")
        #expect(
            try await Program.run("retry", "--state", "cancelled", "--type", "b", in: scratch).output
                == "retry: 300 jobs\n")
        #expect(try await Program.run("clear", "default", in: scratch).output == "removed 300 jobs from default\n")
    }

    @Test func listingsGoOnFromACursor() async throws {
        var ids: [String] = []
        for number in 0..<5 { ids.append(try await enqueue("t", "\(number)")) }
        let first = try await Program.run("jobs", "--limit", "3", "--json", in: scratch).lines
        #expect(first.count == 3)
        let cursor = try #require(try JSON.parse(first[2])["cursor"]?.stringValue)
        let rest = try await Program.run("jobs", "--after", cursor, "--json", in: scratch).lines
        let seen = try (first + rest).map { try JSON.parse($0)["id"]?.stringValue }
        #expect(seen == ids.reversed())
        let table = try await Program.run("jobs", "--limit", "2", in: scratch)
        #expect(table.lines.count == 3)
        #expect(table.messages.hasPrefix("offstage: there are more: --after "))
        #expect(try await Program.run("jobs", "--after", "nonsense", in: scratch).status == 1)
    }

    @Test func pausedQueuesAndTheirReasonsAreShown() async throws {
        let id = try await enqueue("t", "--queue", "q")
        let later = try await enqueue("t", "--in", "1h")
        #expect(try await Program.run("why", id, "--json", in: scratch).output.contains("\"reason\":\"no_worker\""))
        #expect(try await Program.run("why", later, "--json", in: scratch).output.contains("\"reason\":\"not_due\""))
        #expect(try await Program.run("pause", "q", in: scratch).output == "q is paused\n")
        #expect(try await Program.run("pause", "q", in: scratch).output == "q was already paused\n")
        #expect(try await Program.run("why", id, "--json", in: scratch).output.contains("\"reason\":\"paused\""))
        let queues = try await Program.run("queues", "--json", in: scratch).lines
        #expect(queues.contains { $0.hasPrefix(#"{"queue":"q","paused":true,"#) && $0.contains("\"available\":1") })
        #expect(
            try await Program.run("resume", "q", "--json", in: scratch).output.contains(
                #""paused":false,"changed":true"#))
    }

    @Test func printedReturnsAreAcknowledgedAndPeekedOnesAreNot() async throws {
        let id = try await enqueue("t", "--return", "web")
        _ = try await Program.run("cancel", id, in: scratch)
        for _ in 0..<2 {
            let peeked = try await Program.run("returns", "web", "--peek", "--json", in: scratch).lines
            #expect(peeked.count == 1)
        }
        let taken = try await Program.run("returns", "web", "--json", in: scratch).lines
        #expect(taken.count == 1)
        #expect(taken[0].contains(#""state":"cancelled""#) && taken[0].contains(id))
        #expect(try await Program.run("returns", "web", in: scratch).output.isEmpty)
    }

    @Test func watchFollowsAJobToItsEnd() async throws {
        let id = try await enqueue("t")
        let worker = try Program.start(["work", "--handler", "t=echo progress 0.5 half >&3; sleep 0.3"], in: scratch)
        defer { worker.terminate() }
        let watched = try await Program.run("watch", id, "--json", in: scratch)
        #expect(watched.status == 0, "\(watched.messages)")
        let last = try JSON.parse(try #require(watched.lines.last))
        #expect(last["state"] == .string("completed"))
    }
}
