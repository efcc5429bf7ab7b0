// Text from outside, passed through the program: words that are not UTF-8, JSON with line breaks, timestamps outside
// every clock's range, and terminal control sequences.
import Foundation
import OffstageCore
import Testing

@testable import OffstageCLI

@Suite struct ForeignTextTests {
    private let scratch = Scratch()

    /// Runs the program from a shell, which can pass arbitrary bytes.
    private func shell(_ script: String, environment: [String: String] = [:]) async throws -> ProgramResult {
        let path = try scratch.write("run-\(UUID().uuidString).sh", script)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "bash '\(path)' >'\(path).out' 2>'\(path).err'"]
        process.environment = [
            "PATH": "/usr/bin:/bin", "OFFSTAGE_STORE": scratch.store, "offstage": Program.executable,
        ].merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        let status = await withCheckedContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(returning: -1) }
        }
        let name = URL(fileURLWithPath: path).lastPathComponent
        return ProgramResult(
            status: status, output: scratch.read(name + ".out"), messages: scratch.read(name + ".err"))
    }

    @Test(arguments: [
        (#"enqueue t --unique $'k\xff'"#, 4, ""), (#"enqueue t $'{"a":"\xfe"}'"#, 3, ""),
        (#"enqueue $'t\xff'"#, 2, ""), (#"$'jobs\xff'"#, 1, ""), (#"jobs --tag=$'\xc3'"#, 2, " (--tag)"),
        (#"jobs $'--store=redis://u:zq\xff@h'"#, 2, " (--store)"), (#"run main -- echo $'\xe2\x82'"#, 5, ""),
        (#"cancel --all $'\xed\xa0\x80'"#, 3, ""), (#"help $'\x80'"#, 2, ""),
    ])
    func aWordThatIsNotUTF8IsRefused(_ words: String, place: Int, name: String) async throws {
        let result = try await shell("exec \"$offstage\" \(words)")
        #expect(result.status == 2)
        #expect(result.messages == "offstage: argument \(place)\(name) is not UTF-8 text\n")
        #expect(result.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/jobs.db"))
    }

    @Test func twoKeysStayTwo() async throws {
        let result = try await shell(
            #"for key in $'k\xff' $'k\xfe' ü 'é' $'e\xcc\x81'; do "$offstage" enqueue t --unique "$key"; done; "#
                + #""$offstage" jobs --json"#)
        let keys = try result.lines.suffix(3).map {
            try JSON.parse($0)["unique_key"]?.stringValue.map { Array($0.utf8) }
        }
        #expect(Set(keys) == [Array("ü".utf8), Array("\u{E9}".utf8), Array("e\u{301}".utf8)])
    }

    @Test func aVariableThatIsNotUTF8IsRefused() async throws {
        let result = try await shell(#"OFFSTAGE_STORE=$'sqlite:x\xff.db' exec "$offstage" enqueue t"#)
        #expect(result.status == 2)
        #expect(result.messages == "offstage: the variable OFFSTAGE_STORE is not UTF-8 text\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).allSatisfy { !$0.hasPrefix("x") })
    }

    @Test func everyDocumentIsOneLine() async throws {
        let words = ["enqueue", "p", "{\n\"a\": [1,\r\n2.50],\n\n\"b\":\"x\\ny\"}\n", "--return", "web"]
        let id = try await Program.run(words, in: scratch).lines[0]
        func lines(_ words: String...) async throws -> [String] {
            let result = try await Program.run(words + ["--json"], in: scratch)
            #expect(!result.output.contains("\r") && result.output.last == "\n", "\(words): \(result)")
            for line in result.output.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
                _ = try JSON.parse(String(line))
            }
            return result.lines
        }
        let shown = try await lines("show", id)
        #expect(shown.count == 1 && shown[0].contains(#""args":{ "a": [1,  2.50],  "b":"x\ny"}"#), "\(shown)")
        let work = try await Program.run(
            "work", "--handler", #"p=echo 'checkpoint {}' >&3; printf '{\n"c":\r\n1}\n'"#, "--drain", in: scratch)
        #expect(work.status == 0, "\(work)")
        #expect(try await lines("show", id).count == 1)
        #expect(try await lines("watch", id).count == 1)
        #expect(try await lines("jobs").count == 1)
        #expect(try await lines("returns", "web", "--peek").count == 1)
        let news = try await lines("returns", "web")
        #expect(news.count == 1 && news[0].contains(#""result":{ "c":  1}"#), "\(news)")
        // The printed arguments are enqueued again; the new job has the same arguments.
        let again = try JSON.parse(shown[0])["args"]
        let line = #"{"type":"q","args":\#(shown[0].components(separatedBy: #""args":"#)[1].prefix { $0 != "}" })}}"#
        let bulk = try await Program.run("enqueue", "--bulk", "-", in: scratch, input: line)
        #expect(bulk.status == 0, "\(bulk)")
        #expect(try JSON.parse(try await lines("jobs", "--type", "q")[0])["type"]?.stringValue == "q" && again != nil)
    }

    @Test func aTimeLiesAtMostTenYearsAhead() async throws {
        let id = try await Program.run("enqueue", "t", "--in", "3650d", in: scratch).lines[0]
        for words in [["enqueue", "t"], ["reschedule", id], ["enqueue", "--bulk", "-"]] {
            for time in ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
                let result = try await Program.run(words + ["--at", time], in: scratch, input: "")
                #expect(result.status == 2, "\(result)")
                #expect(result.messages.contains("--at, \(time.prefix(10))"), "\(result)")
                #expect(result.messages.contains("more than ten years ahead") && result.output.isEmpty)
            }
        }
        for member in [#""at":"2099-01-01T00:00:00Z""#, #""expires_at":"2099-01-01T00:00:00Z""#] {
            let result = try await Program.run(
                "enqueue", "--bulk", "-", in: scratch, input: #"{"type":"t",\#(member)}"#)
            #expect(result.status == 1 && result.messages.contains("line 1: the "), "\(result)")
            #expect(result.messages.contains("more than ten years ahead"), "\(result)")
        }
        for option in ["--in", "--expires", "--timeout"] {
            for time in ["3651d", "99999999999999999999d"] {
                let result = try await Program.run("enqueue", "t", option, time, in: scratch)
                #expect(result.status == 2 && result.messages.contains("at most 10 years"), "\(result)")
            }
        }
        let past = try await Program.run("enqueue", "t", "--at", "1970-01-01T00:00:00Z", in: scratch)
        #expect(past.status == 0, "\(past)")
        #expect(try await Program.run("jobs", "--json", in: scratch).lines.count == 2)
    }

    @Test func theNestingThatIsAcceptedIsTheSameEverywhere() async throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        for (depth, isAccepted) in [(128, true), (129, false), (200, false)] {
            let one = try await Program.run("enqueue", "t", nested(depth), in: scratch)
            #expect((one.status == 0) == isAccepted, "\(depth): \(one)")
            let line = #"{"type":"t","args":\#(nested(depth))}"#
            let bulk = try await Program.run("enqueue", "--bulk", "-", in: scratch, input: line)
            #expect((bulk.status == 0) == isAccepted, "\(depth): \(bulk)")
            let prepared = Result {
                try EnqueueOptions().newJob(id: JobID(high: 1, low: 2), type: "t", arguments: Array(nested(depth).utf8))
            }
            #expect(((try? prepared.get()) != nil) == isAccepted, "\(depth): \(prepared)")
        }
    }

    @Test func aTerminalGetsNothingThatItWouldObey() async throws {
        let text = "{\"a\":\"\u{9B}31m\u{202E}\u{7F}\"}"
        let id = try await Program.run("enqueue", "t", text, "--return", "web", in: scratch).lines[0]
        let piped = try await Program.run("show", id, "--json", in: scratch).output
        #expect(piped.contains(text), "a pipe gets the bytes")
        for command in ["show \(id) --json", "show \(id)"] {
            let line = "OFFSTAGE_STORE='\(scratch.store)' '\(Program.executable)' \(command); echo; echo =done="
            let terminal = try Terminal(["/bin/sh", "-c", line], columns: 250)
            #expect(await Program.eventually { terminal.output.contains("=done=") }, "\(command)")
            let shown = terminal.output
            #expect(!shown.unicodeScalars.contains { [0x9B, 0x7F, 0x202E].contains($0.value) }, "\(shown)")
            #expect(shown.contains("\\u009b31m") || shown.contains("\\u{9b}31m"), "\(command): \(shown)")
        }
    }

    @Test func valuesAtRandomAreReadOrRefusedInOneLine() {
        let seed =
            ProcessInfo.processInfo.environment["OFFSTAGE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1_000_000_000)
        var random = SeededRandom(seed: seed)
        let pieces = [
            "1", "0", "-", "+", "9223372036854775807", "99999999999999999999", "ms", "s", "m", "h", "d", ".", "e", ",",
            ":", "=", "@", "/", "//", "?", "&", "%", "#", "redis", "sqlite", "namespace", "2031-05-04T09:30:00Z", " ",
            "\n", "\u{0}", "\u{9B}", "é", "１", "٣", "[", "]",
        ]
        let kinds: [ValueKind] = [
            .text, .name, .queues, .duration, .count(0...Int.max), .time, .id, .worker, .file, .pair, .oneOf(["a"]),
        ]
        for round in 0..<20_000 {
            let text = (0..<random.next() % 9).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            for kind in kinds {
                do throws(UsageError) {
                    try kind.check(text, for: "it")
                } catch {
                    #expect(!Printable.line(error.description).contains("\n"), "OFFSTAGE_SEED=\(seed) round \(round)")
                }
            }
            for address in [text, "redis://" + text, "sqlite:" + text, "redis+sentinel://" + text] {
                if let url = try? StoreURL(address) { _ = (url.description, url.absolute(in: "/"), url.isServer) }
            }
            _ = DurationText.brief(seconds: Double(bitPattern: random.next()))
            _ = Figures.short(Int(truncatingIfNeeded: random.next()))
            _ = Figures.bytes(Int(truncatingIfNeeded: random.next()))
            _ = JobText.percent(Progress(fraction: Double(bitPattern: random.next())))
        }
    }
}
