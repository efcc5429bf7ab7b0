// The syntax of the command line's values: durations, counts and queues, and how they are printed.
import OffstageCore
import Testing

@testable import OffstageCLI

@Suite struct ValueTests {
    @Test(arguments: [
        ("250ms", 250), ("30s", 30_000), ("10m", 600_000), ("1h", 3_600_000), ("2d", 172_800_000), ("1h30m", 5_400_000),
        ("1d2h3m4s5ms", 93_784_005), ("0s", 0), ("3650d", 315_360_000_000),
    ])
    func durationsAreRead(_ text: String, milliseconds: Int) throws {
        #expect(try DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "30", "s", "-5s", "1.5h", "30 s", "30S", "1m1h", "1s1s", "3651d", "99999999999999999999d", "1h30", "１s",
        "5y",
        "3650d1ms", "+5s",
    ])
    func otherDurationsAreRefused(_ text: String) {
        #expect(throws: ValueError.self) { try DurationText.parse(text) }
    }

    @Test(arguments: [
        (0.0004, "0ms"), (0.25, "250ms"), (1.26, "1.3s"), (45, "45s"), (5400, "1h30m"), (3600, "1h"), (90_000, "1d1h"),
        (-3, "0ms"),
    ])
    func durationsAreWrittenBriefly(_ seconds: Double, text: String) {
        #expect(DurationText.brief(seconds: seconds) == text)
    }

    @Test(arguments: ["", "x", "-1", "+1", "10", "1e3", "99999999999999999999", "1 "])
    func countsOutsideTheirRangeAreRefused(_ text: String) {
        #expect(throws: ValueError.self) { try CountText.parse(text, in: 0...9) }
    }

    @Test func queuesMayHaveWeightsAndColons() throws {
        #expect(try QueuesText.parse("a,b") == [QueuesText(name: "a"), QueuesText(name: "b")])
        #expect(
            try QueuesText.parse("a:2,b:1") == [QueuesText(name: "a", weight: 2), QueuesText(name: "b", weight: 1)])
        #expect(try QueuesText.parse("eu:mail") == [QueuesText(name: "eu:mail")])
        for bad in ["", "a,", "a,,b", "a,a", "a:0", "a:99999", "a b", "a:2,a"] {
            #expect(throws: ValueError.self, "\(bad)") { try QueuesText.parse(bad) }
        }
    }

    @Test func figuresAreShort() {
        #expect(
            [0, 9999, 10_000, 12_345, 999_499, 999_500, 4_560_000].map(Figures.short)
                == ["0", "9999", "10.0k", "12.3k", "999k", "1.0M", "4.56M"])
        #expect(Figures.grouped(-1_234_567) == "-1,234,567")
        #expect([1, 1023, 1536, 1 << 20].map(Figures.bytes) == ["1 B", "1023 B", "1.5 KiB", "1.0 MiB"])
    }

    @Test func textFromJobsCannotCommandATerminal() {
        #expect(Printable.line("a\u{1B}[2Jb\nc\r\td\u{202E}") == "a\\u{1b}[2Jb c d\\u{202e}")
        #expect(Printable.lines("a\nb\u{7}") == "a\nb\\u{7}")
        #expect(Printable.line("a\u{9B}2Jb\u{2028}") == "a\\u{9b}2Jb\\u{2028}")
        #expect(
            Printable.coloured("a\u{1B}[1;31mb\u{1B}[0m\u{1B}[2Jc\u{1B}]0;x\u{7}")
                == "a\u{1B}[1;31mb\u{1B}[0m\\u{1b}[2Jc\\u{1b}]0;x\\u{7}")
        #expect(Printable.coloured("x\u{1B}[") == "x\\u{1b}[")
    }
}
