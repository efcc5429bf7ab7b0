// The JSON reader and writer: what is accepted, what is refused and at which place, and that equal values have equal
// canonical bytes.
import OffstageCore
import Testing

@Suite struct JSONTests {
    @Test func parsesEveryKindOfValue() throws {
        let text = #" {"a": [1, -0.5e+10, true, false, null], "b": {}, "c": "x\n\u00e9\ud83d\ude00é", "d": []} "#
        let value = try JSON.parse(text)
        #expect(value["a"] == .array([.number("1"), .number("-0.5e+10"), .bool(true), .bool(false), .null]))
        #expect(value["b"] == .object([]))
        #expect(value["c"] == .string("x\né😀é"))
        #expect(value["d"] == .array([]))
        #expect(value["e"] == nil)
    }

    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("[1,]", 1, 4), ("{\"a\":1,}", 1, 8), ("{\"a\" 1}", 1, 6), ("[1 2]", 1, 4),
        ("01", 1, 2), ("-", 1, 2), ("1.", 1, 3), (".5", 1, 1), ("1e", 1, 3), ("+1", 1, 1), ("nul", 1, 4),
        ("nulL", 1, 4),
        ("tru e", 1, 4), ("'a'", 1, 1), ("\"a", 1, 1), ("\"a\tb\"", 1, 3), ("\"\\x\"", 1, 2), ("\"\\u12g4\"", 1, 6),
        ("\"\\ud800\"", 1, 2), ("\"\\udc00\"", 1, 2), ("\"\\ud800\\u0041\"", 1, 2), ("1 1", 1, 3), ("\u{FEFF}1", 1, 1),
        ("{\n \"a\": 1,\n  \"a\": 2}", 3, 3), ("{\"é\": x}", 1, 7), ("{\"a\":1,\"\\u0061\":2}", 1, 8), ("NaN", 1, 1),
        ("[1]\0", 1, 4), ("{a:1}", 1, 2), ("// c\n1", 1, 1),
    ])
    func refusesWithThePlace(_ text: String, line: Int, column: Int) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.line == line, "\(text)")
        #expect(error?.column == column, "\(text): \(error?.message ?? "")")
        let verdict = #expect(throws: JSONError.self) { try JSON.validate(text.utf8) }
        #expect(verdict == error)
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xC3], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x80],
            [0xF0, 0x9F],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ sequence: [UInt8]) {
        let text = Array("\"".utf8) + sequence + Array("\"".utf8)
        #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(throws: JSONError.self) { try JSON.validate(text) }
    }

    @Test func depthIsBoundedHoweverDeepTheText() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        }
        try JSON.validate(nested(128))
        _ = try JSON.parse(nested(128))
        #expect(throws: JSONError.self) { try JSON.parse(nested(129)) }
        #expect(throws: JSONError.self) { try JSON.validate(nested(129)) }
        #expect(throws: JSONError.self) { try JSON.parse(nested(1_000_000), maxDepth: .max) }
    }

    @Test func repeatedNamesAreFoundInLargeObjectsAndEquivalentNamesAreDistinct() throws {
        let names = (0..<200).map { "\"n\($0)\":0" }
        try JSON.validate(Array("{\(names.joined(separator: ","))}".utf8))
        let repeated = Array("{\((names + ["\"n7\":1"]).joined(separator: ","))}".utf8)
        #expect(throws: JSONError.self) { try JSON.parse(repeated) }
        #expect(throws: JSONError.self) { try JSON.validate(repeated) }
        _ = try JSON.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        _ = try JSON.parse(#"[{"a":1},{"a":{"a":2}}]"#)
    }

    @Test func membersGiveTheBytesOfEachValue() throws {
        let text = Array(#" { "type":"x" , "args" : { "k" : [1,  2 ] } ,"n":1.50}"#.utf8)
        let members = try JSON.members(of: text)
        #expect(members.map(\.key) == ["type", "args", "n"])
        #expect(
            members.map { String(decoding: text[$0.range], as: UTF8.self) } == [
                "\"x\"", "{ \"k\" : [1,  2 ] }", "1.50",
            ])
        #expect(members[2].value == .number("1.50"))
        #expect(try JSON.members(of: Array("{}".utf8)).isEmpty)
        #expect(throws: JSONError.self) { try JSON.members(of: Array("[1]".utf8)) }
        #expect(throws: JSONError.self) { try JSON.members(of: Array("{} x".utf8)) }
    }

    @Test(arguments: [
        (["1", "1.0", "1e0", "10e-1", "0.1E+1", "100e-2"], "1"), (["0", "-0", "0.000", "0e99"], "0"),
        (["-1500", "-1.5e3", "-15E+2"], "-1500"), (["0.001", "1e-3"], "0.001"), (["1e-7", "0.0000001"], "1e-7"),
        (["123456789012345678901234567890", "12345678901234567890123456789e1"], "1.2345678901234567890123456789e+29"),
        (["9007199254740993"], "9007199254740993"), (["1e21"], "1e+21"), (["1e20"], "100000000000000000000"),
        (["12.50"], "12.5"), (["1e99999999999999999999999"], "1e99999999999999999999999"),
    ])
    func equalNumbersHaveOneSpelling(_ spellings: [String], canonical: String) throws {
        for spelling in spellings {
            #expect(String(decoding: try JSON.parse(spelling).canonical(), as: UTF8.self) == canonical, "\(spelling)")
        }
    }

    @Test func canonicalBytesDoNotDependOnTheWriter() throws {
        let one = try JSON.parse(#"{"b":[1.0,"\u0041\/"],"a":{"z":null,"é":"\u001f\n"},"\ud83d\ude00":0,"\uffee":1}"#)
        let other = try JSON.parse(
            "{ \"\u{FFEE}\":1, \"😀\":0, \"a\":{\"é\":\"\\u001F\\u000a\",\"z\":null},\"b\":[1,\"A/\"]}")
        #expect(one.canonical() == other.canonical())
        let text = #"{"a":{"z":null,"é":"\u001f\n"},"b":[1,"A/"],"\#u{FFEE}":1,"😀":0}"#
        #expect(String(decoding: one.canonical(), as: UTF8.self) == text)
    }

    @Test func writerPutsCommasWhereTheyBelong() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", "a\"\\\u{1}")
        writer.member("n", 5)
        writer.member("half", 0.5)
        writer.member("whole", 60.0)
        writer.member("nothing", nil as String?)
        writer.member("tags", ["a", "b"])
        writer.member("args", raw: Array("{ }".utf8))
        writer.key("list")
        writer.beginArray()
        writer.beginObject()
        writer.endObject()
        writer.bool(true)
        writer.double(.infinity)
        writer.endArray()
        writer.endObject()
        let expected =
            #"{"id":"a\"\\\u0001","n":5,"half":0.5,"whole":60,"nothing":null,"tags":["a","b"],"args":{ },"#
            + #""list":[{},true,null]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        try JSON.validate(writer.bytes)
    }

    @Test func parsedValuesAreWrittenAsTheyWere() throws {
        let text = #"{"b":1.50,"a":[{},[],"é\n",-0,null,true]}"#
        var writer = JSONWriter()
        writer.value(try JSON.parse(text))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func integersAreReadFromAnySpelling() throws {
        #expect(try JSON.parse("1e3").integerValue == 1000)
        #expect(try JSON.parse("-7").integerValue == -7)
        #expect(try JSON.parse("1.5").integerValue == nil)
        #expect(try JSON.parse("9223372036854775808").integerValue == nil)
        #expect(try JSON.parse("2.5").doubleValue == 2.5)
    }
}
