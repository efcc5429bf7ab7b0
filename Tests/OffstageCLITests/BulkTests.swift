// `enqueue --bulk`: one job per line, bad lines reported by number, and memory use independent of the file's size.
import Foundation
import OffstageCore
import Testing

@Suite struct BulkTests {
    private let scratch = Scratch()

    @Test func everyMemberOfALineIsUnderstood() async throws {
        let line = """
            {"type":"t","args":{ "a":1.0 },"queue":"q","in":"1h","priority":1,"unique":"k","unique_until":"started",\
            "on_conflict":"again","max_attempts":2,"timeout":"5s","expires":"2h","tags":["x"],"meta":{"k":"v"},\
            "return":"r",\
            "id":"01900000-0000-7000-8000-000000000003"}
            {"type":"u","run_at":"2031-05-04T09:30:00Z","timeout_s":1.5,"return_queue":null}

            {"type":"v"}
            """
        let result = try await Program.run(
            "enqueue", "--bulk", "-", "--tag", "common", "--json", in: scratch, input: line)
        #expect(result.status == 0, "\(result.messages)")
        #expect(result.output == #"{"stored":3,"duplicates":0,"replaced":0,"bad":[]}"# + "\n")
        let shown = try await Program.run("show", "01900000-0000-7000-8000-000000000003", "--json", in: scratch).output
        #expect(
            shown.contains(#""args":{ "a":1.0 },"#) && shown.contains(#""tags":["x"]"#)
                && shown.contains(#""timeout_s":5,"#))
        let listed = try await Program.run("jobs", "--tag", "common", "--json", in: scratch).lines
        #expect(listed.count == 2)
        #expect(
            listed.contains {
                $0.contains("\"run_at\":\"2031-05-04T09:30:00.000000Z\"") && $0.contains("\"timeout_s\":1.5")
            })
    }

    @Test func whatIsReplacedIsCountedApartFromWhatWasThere() async throws {
        let lines = """
            {"type":"t","args":1,"unique":"k"}
            {"type":"t","args":2,"unique":"k","on_conflict":"replace"}
            {"type":"t","args":3,"unique":"k","on_conflict":"again"}
            {"type":"t","args":4,"unique":"k"}
            """
        let text = try await Program.run("enqueue", "--bulk", "-", in: scratch, input: lines)
        #expect(text.output == "stored 1 job, 2 replaced older ones, 1 were there before\n")
        let json = try await Program.run("enqueue", "--bulk", "-", "--json", in: scratch, input: lines)
        #expect(json.output == #"{"stored":0,"duplicates":2,"replaced":2,"bad":[]}"# + "\n")
    }

    @Test func aBadLineStopsItAndSaysWhatIsStored() async throws {
        var lines = (1...2500).map { "{\"type\":\"t\",\"args\":\($0)}" }
        lines[1999] = "{\"type\":\"t\",\"args\":}"
        let file = try scratch.write("jobs.jsonl", lines.joined(separator: "\n"))
        let result = try await Program.run("enqueue", "--bulk", file, in: scratch)
        #expect(result.status == 1)
        #expect(result.messages.contains("line 2000: column 20"), "\(result.messages)")
        #expect(result.messages.contains("1,999 jobs stored"), "\(result.messages)")
        let stats = try JSON.parse(try await Program.run("stats", "--json", in: scratch).output)
        #expect(stats["jobs"]?["available"] == .number("1999"))
        let skipped = try await Program.run("enqueue", "--bulk", file, "--skip-bad", "--json", in: scratch)
        #expect(skipped.status == 1)
        #expect(skipped.output.hasPrefix(#"{"stored":2499,"duplicates":0,"replaced":0,"bad":[{"line":2000,"#))
    }

    @Test(arguments: [
        ("[]", "an object was expected"), ("{\"args\":1}", "\"type\" is missing"), ("{\"type\":\"a b\"}", "not a name"),
        ("{\"type\":\"t\",\"quue\":\"x\"}", "did you mean queue?"),
        ("{\"type\":\"t\",\"in\":\"3\"}", "\"in\" must be a duration"),
        ("{\"type\":\"t\",\"priority\":12}", "priority 12"), ("{\"type\":1}", "\"type\" must be a string"),
        ("{\"type\":\"t\",\"type\":\"u\"}", "appears twice"),
        ("{\"type\":\"t\",\"tags\":\"x\"}", "must be an array of strings"),
        ("{\"type\":\"t\",\"unique_for\":\"1h\"}", "need unique"), ("{\"type\":\"t\",\"id\":\"7\"}", "must be a UUID"),
        ("{\"type\":\"t\",\"timeout_s\":-1}", "number of seconds"),
        ("{\"type\":\"t\",\"at\":\"noon\"}", "must be a time"),
    ])
    func eachKindOfBadLineSaysWhatIsWrong(_ line: String, message: String) async throws {
        let result = try await Program.run("enqueue", "--bulk", "-", in: scratch, input: "{\"type\":\"t\"}\n\(line)\n")
        #expect(result.status == 1)
        #expect(result.messages.contains("line 2: "), "\(result.messages)")
        #expect(result.messages.contains(message), "\(result.messages)")
        #expect(result.messages.split(separator: "\n").count == 1)
    }

    @Test func aLineThatIsTooLongIsNotKeptAndTooLargeArgumentsAreToldWithTheirSize() async throws {
        let long = "{\"type\":\"t\",\"args\":\"" + String(repeating: "x", count: 5 << 20) + "\"}"
        let large = "{\"type\":\"t\",\"args\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        let lines = ["{\"type\":\"t\"}", long, "{\"type\":\"t\"}", large, "{\"type\":\"t\"}"].joined(separator: "\n")
        let result = try await Program.run("enqueue", "--bulk", "-", "--skip-bad", in: scratch, input: lines)
        #expect(result.status == 1)
        #expect(result.output == "stored 3 jobs, skipped 2 bad lines\n")
        #expect(result.messages.contains("line 2: longer than 4.0 MiB"), "\(result.messages)")
        #expect(result.messages.contains("line 4: arguments are 1048578 bytes, over the limit of 1048576"))
    }

    @Test func memoryStaysSmallHoweverLongTheFile() async throws {
        let path = scratch.path + "/long.jsonl"
        let piece = Data(
            String(repeating: "{\"type\":\"t\",\"args\":\"\(String(repeating: "x", count: 2000))\"}\n", count: 1000)
                .utf8)
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        for _ in 0..<60 { handle.write(piece) }
        try handle.close()
        let watch = PeakMemory()
        let process = try Program.start(["enqueue", "--bulk", path], in: scratch)
        let isDone = await Program.eventually(within: 90) {
            watch.look(at: process.processIdentifier)
            return !process.isRunning
        }
        try #require(isDone)
        #expect(process.terminationStatus == 0)
        #expect(watch.mebibytes < 120, "\(watch.mebibytes) MiB for a file of 120 MB")
    }
}
