// What a server answers, as plain as a test needs it, and how it is read from bytes.

/// A server's answer.
public indirect enum RedisReply: Sendable, Equatable {
    /// A status such as OK, or a bulk string.
    case bytes([UInt8])
    /// A number.
    case integer(Int)
    /// Nothing there.
    case null
    /// Several answers.
    case array([RedisReply])
    /// An error inside of an array.
    case error(String)

    /// The answer as text: numbers in digits, nothing as "", arrays by lines.
    public var text: String {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null: ""
        case .array(let replies): replies.map(\.text).joined(separator: "\n")
        case .error(let line): line
        }
    }

    /// The answer as a number; nil if it is none.
    public var number: Int? { if case .integer(let number) = self { number } else { Int(text) } }

    /// The parts of an array; none of anything else.
    public var array: [RedisReply] { if case .array(let replies) = self { replies } else { [] } }

    /// The bytes of a string; nil if it is none.
    public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
}

/// An error that a server answered.
public struct RedisReplyError: Error, CustomStringConvertible {
    /// The server's line: a word in capitals, then the rest.
    public let description: String
    /// The word in capitals.
    public var code: String { String(description.prefix { $0 != " " }) }
}
