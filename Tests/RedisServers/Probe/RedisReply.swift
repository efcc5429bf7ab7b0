// A server's reply in a simple form for tests, and how it is parsed.

/// A server's reply.
public indirect enum RedisReply: Sendable, Equatable {
    /// A status such as OK, or a bulk string.
    case bytes([UInt8])
    /// A number.
    case integer(Int)
    /// A null reply.
    case null
    /// Several replies.
    case array([RedisReply])
    /// An error within an array.
    case error(String)

    /// The reply as text: numbers in digits, null as "", arrays as lines.
    public var text: String {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null: ""
        case .array(let replies): replies.map(\.text).joined(separator: "\n")
        case .error(let line): line
        }
    }

    /// The reply as a number; nil if it is not one.
    public var number: Int? { if case .integer(let number) = self { number } else { Int(text) } }

    /// The elements of an array; empty for any other reply.
    public var array: [RedisReply] { if case .array(let replies) = self { replies } else { [] } }

    /// The bytes of a string; nil for any other reply.
    public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
}

/// An error reply of a server.
public struct RedisReplyError: Error, CustomStringConvertible {
    /// The server's line: a code in capitals, then the rest.
    public let description: String
    /// The code in capitals.
    public var code: String { String(description.prefix { $0 != " " }) }
}
