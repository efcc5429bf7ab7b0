// The errors for JSON that does not fit a Swift type: they contain the place and the reason, which Foundation's lack.
import Foundation
import OffstageCore
import Testing

@Suite struct JSONReadingTests {
    private struct Inner: Codable, Equatable {
        var w: Int
    }

    private struct Value: Codable, Equatable {
        var w: Int
        var small: Int8?
        var natural: UInt?
        var d: Double?
        var s: String?
        var list: [Int]?
        var inner: [String: Inner]?
    }

    private static func reason(_ text: String) -> String? {
        do {
            _ = try JSONReading.decode(Value.self, from: Array(text.utf8))
            return nil
        } catch {
            return JSONReading.reason(error)
        }
    }

    @Test(arguments: [
        (#"{"w":1.5}"#, ".w: 1.5 is not a whole number"), (#"{"w":25e-1}"#, ".w: 25e-1 is not a whole number"),
        (#"{"w":1e-99}"#, ".w: 1e-99 is not a whole number"),
        (#"{"w":1,"small":300}"#, ".small: 300 is out of the range of its type"),
        (#"{"w":1,"natural":-1}"#, ".natural: -1 is out of the range of its type"),
        (#"{"w":9223372036854775808}"#, ".w: 9223372036854775808 is out of the range of its type"),
        (
            #"{"w":123456789012345678901234567890123456789012345678901234567890}"#,
            ".w: 1234567890123456789012345678901234567890… is out of the range of its type"
        ),
        (#"{"w":1,"d":1e999}"#, ".d: 1e999 is out of the range of its type"),
        (#"{"w":7,"d":0.5,"list":[1,2,3.25,4,0.5]}"#, ".list[2]: 3.25 is not a whole number"),
        (#"{"w":7,"inner":{"a":{"w":1},"b":{"w":2.5}},"d":0.1}"#, ".inner.b.w: 2.5 is not a whole number"),
        (#"{"w":"x"}"#, ".w: Expected to decode Int but found a string instead."), (#"{}"#, "the value lacks \"w\""),
        (#"{"w":1"#, "the value: not JSON that can be read: line 1, column 7: ends where ',' or '}' was expected"),
        ("", "the value: not JSON that can be read: line 1, column 1: ends where a value was expected"),
        (
            #"{"w":1,"s":"\ud800"}"#,
            "the value: not JSON that can be read: line 1, column 13: half of a surrogate pair without the other half"
        ),
    ])
    func theReasonHasAPlace(_ text: String, reason: String) {
        #expect(Self.reason(text) == reason)
    }

    @Test(arguments: [#"{"w":1e2}"#, #"{"w":-0}"#, #"{"w":1.0,"d":1.5}"#, "{\"w\":1,\n\"list\":[]}"])
    func whatFitsIsRead(_ text: String) {
        #expect(Self.reason(text) == nil)
    }

    @Test func aNumberAmongManyIsFound() {
        let numbers = (0..<3000).map { $0 == 2345 ? "2345.5" : "\($0)" }.joined(separator: ",")
        #expect(Self.reason(#"{"w":1,"list":[\#(numbers)]}"#) == ".list[2345]: 2345.5 is not a whole number")
    }

    @Test func aTypesOwnErrorIsLeftAlone() {
        struct Picky: Decodable {
            init(from decoder: any Decoder) throws {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "I say no"))
            }
        }
        do {
            _ = try JSONReading.decode(Picky.self, from: Array("{}".utf8))
            Issue.record("it was read")
        } catch {
            #expect(JSONReading.reason(error) == "the value: I say no")
        }
    }
}
