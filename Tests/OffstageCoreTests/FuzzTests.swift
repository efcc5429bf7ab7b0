// Random hostile values: input from outside never traps, the different JSON readers agree, and what is written can be
// read again. A failure prints its seed; OFFSTAGE_SEED=N repeats it.
import Foundation
import OffstageCore
import Testing

@Suite struct FuzzTests {
    private static let seed =
        ProcessInfo.processInfo.environment["OFFSTAGE_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1_000_000_000)

    private static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\n", "\n", "\r",
        " ", "\t", "\u{0}", "\u{1B}", "\u{9B}", "\u{202E}", "\u{FEFF}", "é", "😀", "true", "false", "null", "nul", "NaN",
        "-", "+", "0", "-0", "1", "01", "1.5", ".", "e", "E", "e+", "1e999", "1e-999", "1E99999999999999999999",
        "123456789012345678901234567890123456789012345678901234567890", "0.000000000000000000000000000001", "\"a\"",
        "\"a\":1", "\"\":", "{\"a\":1,\"a\":2}",
    ].map { Array($0.utf8) }

    private static func text(_ random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int(random.next() % 24) { bytes += pieces[Int(random.next() % UInt64(pieces.count))] }
        if random.next() % 4 == 0, !bytes.isEmpty {
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }

    /// A random JSON value, with white space of every kind between its tokens.
    private static func value(_ random: inout SeededRandom, depth: Int = 0) -> String {
        func blank() -> String { ["", "", " ", "\n", "\r\n", "\t", "\r"][Int(random.next() % 7)] }
        let inner: String
        switch random.next() % (depth > 5 ? 5 : 8) {
        case 0: inner = "null"
        case 1: inner = ["true", "false"][Int(random.next() % 2)]
        case 2:
            inner = ["0", "-0", "1.50", "1e5", "-12E+3", "0.001", "12345678901234567890123"][Int(random.next() % 7)]
        case 3: inner = #""\u0000\n\ud83d\ude00 é\\""#
        case 4: inner = "\"\u{9B}\u{202E}\u{7F}\u{2028}\""
        case 5, 6:
            let elements = (0..<random.next() % 4).map { _ in value(&random, depth: depth + 1) }
            inner = "[" + blank() + elements.joined(separator: "," + blank()) + "]"
        default:
            let members = (0..<random.next() % 4).map { "\"k\($0)\"\(blank()):\(value(&random, depth: depth + 1))" }
            inner = "{" + members.joined(separator: blank() + ",") + blank() + "}"
        }
        return blank() + inner + blank()
    }

    @Test func theReadersOfJSONAgreeAndNoneTraps() {
        var random = SeededRandom(seed: Self.seed)
        for round in 0..<30_000 {
            let bytes = Self.text(&random)
            let parsed = Result { () throws(JSONError) in try JSON.parse(bytes) }
            let valid = Result { () throws(JSONError) in try JSON.validate(bytes) }
            switch (parsed, valid) {
            case (.failure(let one), .failure(let other)):
                // The errors can differ: the validator detects a repeated name only after everything else.
                for error in [one, other] {
                    #expect(error.offset <= bytes.count && error.line > 0 && error.column > 0)
                    #expect(!error.description.contains("\n"), "OFFSTAGE_SEED=\(Self.seed) round \(round)")
                }
            case (.success(let value), .success):
                var writer = JSONWriter()
                writer.value(value)
                let again = try? JSON.parse(writer.bytes)
                #expect(again == value, "OFFSTAGE_SEED=\(Self.seed) round \(round)")
                #expect(again?.canonical() == value.canonical())
                _ = (value.integerValue, value.doubleValue, value.stringValue, value["a"])
            default: Issue.record("OFFSTAGE_SEED=\(Self.seed) round \(round): parse and validate disagree")
            }
            _ = try? JSON.members(of: bytes)
            _ = try? JSON.checkDepth(bytes, "arguments")
            _ = Timestamp(String(decoding: bytes, as: UTF8.self))
            _ = Names.quoted(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func aValueInALineIsTheSameValueAndAHarmlessOneToo() throws {
        var random = SeededRandom(seed: Self.seed)
        for round in 0..<3000 {
            let bytes = Array(Self.value(&random).utf8)
            let value = try JSON.parse(bytes)
            var writer = JSONWriter()
            writer.rawInLine(bytes)
            #expect(!writer.bytes.contains(0x0A) && !writer.bytes.contains(0x0D))
            #expect(try JSON.parse(writer.bytes) == value, "OFFSTAGE_SEED=\(Self.seed) round \(round)")
            let shown = Printable.json(writer.bytes)
            #expect(try JSON.parse(shown) == value, "OFFSTAGE_SEED=\(Self.seed) round \(round)")
            let isHarmless = String(decoding: shown, as: UTF8.self).unicodeScalars.allSatisfy {
                $0 == "\t" || !Printable.isControl($0)
            }
            #expect(isHarmless, "OFFSTAGE_SEED=\(Self.seed) round \(round)")
        }
    }

    @Test func timesNeverTrapAndKeepTheirOrder() {
        var random = SeededRandom(seed: Self.seed)
        func number() -> Int64 {
            let edges: [Int64] = [0, 1, -1, .max, .min, .max / 2, .min / 2, 1_767_225_600_000_000]
            if random.next() % 3 == 0 { return edges[Int(random.next() % UInt64(edges.count))] }
            return Int64(bitPattern: random.next()) >> Int64(random.next() % 64)
        }
        for round in 0..<30_000 {
            let (a, b) = (Timestamp(microseconds: number()), Timestamp(microseconds: number()))
            let durations: [Duration] = [.seconds(number()), .microseconds(number()), .seconds(number()) * 4]
            let seed: Comment = "OFFSTAGE_SEED=\(Self.seed) round \(round)"
            #expect((a - b > .zero) == (a > b), seed)
            for duration in durations {
                #expect(duration < .zero ? a + duration <= a : a + duration >= a, seed)
                #expect(duration < .zero ? a - duration >= a : a - duration <= a, seed)
                _ = (duration.microseconds, When.after(duration).resolved(at: a))
                var job = NewJob(id: JobID(high: 1, low: 2), type: "t", arguments: [])
                job.timeout = duration
                job.start = .after(duration)
                job.expires = .at(a)
                job.unique = UniqueRule(key: "k", window: duration)
                _ = try? job.validate(now: b)
                job.start = .at(b)
                _ = try? job.validate()
            }
            _ = (a.description, Timestamp(a.description))
            _ = Duration.held(microseconds: Double(bitPattern: random.next()))
        }
    }
}
