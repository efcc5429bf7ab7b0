// The server's reply, as hiredis parsed it: a view of memory that is freed as soon as the closure that reads it
// returns. Nothing is copied until the reader asks for it.
import CHiredis

/// A reply, or a part of one; valid only during the closure that it is given to.
struct RedisReply {
    /// The kinds of replies.
    enum Kind {
        case text
        case array
        case integer
        case null
        case status
        case error
    }

    private let pointer: UnsafePointer<redisReply>

    init(_ pointer: UnsafePointer<redisReply>) { self.pointer = pointer }

    /// The reply's kind.
    var kind: Kind {
        switch pointer.pointee.type {
        case REDIS_REPLY_STRING: .text
        case REDIS_REPLY_ARRAY: .array
        case REDIS_REPLY_INTEGER: .integer
        case REDIS_REPLY_STATUS: .status
        case REDIS_REPLY_ERROR: .error
        default: .null
        }
    }

    /// Whether it is the null reply.
    var isNil: Bool { kind == .null }

    /// The value of an integer, or of a text in decimal digits; nil otherwise.
    var integer: Int64? {
        switch kind {
        case .integer: Int64(pointer.pointee.integer)
        case .text, .status: text.flatMap { Int64($0) }
        default: nil
        }
    }

    /// The bytes of a text or a status; nil otherwise.
    var bytes: UnsafeRawBufferPointer? {
        switch kind {
        case .text, .status: UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len)
        default: nil
        }
    }

    /// The text or status; invalid UTF-8 is repaired.
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The error message; nil if the reply is not an error.
    var error: String? {
        guard kind == .error else { return nil }
        return String(
            decoding: UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len), as: UTF8.self)
    }

    /// The elements of an array; empty if it is something else.
    var elements: Elements { Elements(pointer: pointer) }

    /// The elements of an array.
    struct Elements: RandomAccessCollection {
        fileprivate let pointer: UnsafePointer<redisReply>

        /// The first index.
        var startIndex: Int { 0 }
        /// The index after the last.
        var endIndex: Int { pointer.pointee.type == REDIS_REPLY_ARRAY ? pointer.pointee.elements : 0 }

        /// One element. The index must be valid.
        subscript(index: Int) -> RedisReply {
            precondition(index >= 0 && index < endIndex, "a reply of \(endIndex) parts has no part \(index)")
            guard let part = pointer.pointee.element[index] else {
                preconditionFailure("hiredis left part \(index) of a reply unset")
            }
            return RedisReply(UnsafePointer(part))
        }
    }
}
