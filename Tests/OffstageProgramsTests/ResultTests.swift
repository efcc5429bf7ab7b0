// Standard output as a result, and the buffers that keep a limited part of a stream.
import OffstageCore
import OffstagePrograms
import Testing

@testable import OffstagePrograms

@Suite("A result")
struct ResultTests {
    private func result(_ text: String, truncated: Bool = false, limit: Int = 64 << 10) -> (String?, Bool) {
        let result = ProgramResult(output: Array(text.utf8), truncated: truncated, limit: limit)
        return (result.json.map { String(decoding: $0, as: UTF8.self) }, result.truncated)
    }

    @Test(
        "is the JSON value that was written, or else the text as a string",
        arguments: [
            ("{\"a\": 1}", "{\"a\": 1}"), ("3", "3"), (" null ", " null "), ("\"x\"", "\"x\""), ("hello", "\"hello\""),
            ("{\"a\":", "\"{\\\"a\\\":\""), ("1 2", "\"1 2\""), ("a\nb", "\"a\\nb\""), ("\u{1}é", "\"\\u0001é\""),
        ])
    func value(text: String, json: String) {
        #expect(result(text) == (json, false))
    }

    @Test("is absent if nothing was written")
    func none() {
        #expect(result("") == (nil, false))
    }

    @Test("of bytes that are not text contains replacement characters")
    func noText() {
        let json = ProgramResult(output: [0xFF, 0x41], truncated: false).json
        #expect(json == Array("\"\u{FFFD}A\"".utf8))
    }

    @Test("is a string if it was cut, even if the rest is valid JSON")
    func cut() {
        #expect(result("123", truncated: true) == ("\"123\"", true))
    }

    @Test("fits the limit as it is stored, escapes included, and ends with a whole character")
    func fits() throws {
        #expect(result(String(repeating: "\u{0}", count: 10), limit: 20) == ("\"\\u0000\\u0000\\u0000\"", true))
        #expect(result("ééé", limit: 7) == ("\"éé\"", true))
        let torn = ProgramResult(output: Array("aé".utf8.dropLast()), truncated: true)
        #expect(torn.json == Array("\"a\"".utf8))
        let full = ProgramResult(output: [UInt8](repeating: 0, count: 64 << 10), truncated: true)
        let json = try #require(full.json)
        #expect(json.count <= 64 << 10)
        #expect(throws: Never.self) { try JSON.validate(json) }
    }
}

@Suite("A stream's buffers")
struct BufferTests {
    private func lines(_ chunks: [String], _ buffer: LineBuffer) -> [LineBuffer.Piece] {
        var buffer = buffer
        var pieces: [LineBuffer.Piece] = []
        for chunk in chunks { buffer.feed(Array(chunk.utf8)[...]) { pieces.append($0) } }
        buffer.finish { pieces.append($0) }
        return pieces
    }

    private func line(_ text: String) -> LineBuffer.Piece { .line(Array(text.utf8)) }

    @Test("return whole lines, however the input is split")
    func splits() {
        let buffer = LineBuffer(limit: 10, excess: .split)
        #expect(lines(["a\nb", "c\n", "\nlast"], buffer) == [line("a"), line("bc"), line(""), line("last")])
        #expect(lines(["0123456789AB\nx\n"], buffer) == [line("0123456789"), line("AB"), line("x")])
    }

    @Test("discard an overlong line to its end, and report it once")
    func drops() {
        let buffer = LineBuffer(limit: 4, excess: .drop, exception: .init(start: Array("ok ".utf8), limit: 8))
        let pieces = lines(["01234", "5678", "\nab\nok 12345\nok 123456\n"], buffer)
        #expect(
            pieces == [
                .overlong(Array("01234".utf8)), line("ab"), line("ok 12345"),
                .overlong(Array("ok 123456".utf8)),
            ])
    }

    @Test("keep a tail that begins with a whole character")
    func tail() {
        var tail = TailBytes(limit: 4)
        tail.feed(Array("abcé\n".utf8)[...])
        #expect(tail.text == "cé")
        tail.feed(Array("éé\n".utf8)[...])
        #expect(tail.text == "é")
    }
}

@Suite("A report line")
struct ReportLineTests {
    private func report(_ text: String) -> ReportLine { ReportLine(Array(text.utf8), checkpointLimit: 20) }

    @Test("is parsed")
    func understood() {
        #expect(report("progress 0.4 half way") == .progress(0.4, note: "half way"))
        #expect(report("progress 1\r") == .progress(1, note: ""))
        #expect(report("checkpoint [1, 2]") == .checkpoint(Array("[1, 2]".utf8)))
        #expect(report("snooze 30s") == .snooze(.seconds(30)))
        #expect(report("snooze 1h30m") == .snooze(.seconds(5400)))
        #expect(report("snooze 250ms") == .snooze(.milliseconds(250)))
    }

    @Test(
        "that is wrong gives a reason",
        arguments: [
            "", "progress", "progress -1", "progress 2", "progress nan", "progress 40%", "checkpoint", "checkpoint {",
            "checkpoint \"aaaaaaaaaaaaaaaaaaaaaaaa\"", "snooze", "snooze 5", "snooze -5s",
            "snooze 99999999d", "snooze 30m1h", "snooze s", "Progress 1",
        ])
    func wrong(text: String) {
        guard case .bad(let reason) = report(text) else {
            Issue.record("understood: \(text)")
            return
        }
        #expect(!reason.isEmpty && !reason.contains("\n"))
    }
}
