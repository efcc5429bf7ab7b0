// What the server answered, as hiredis parsed it: a view of memory that is freed as soon as the closure that reads it
// returns. Nothing is copied until the reader asks for it.
import CHiredis

/// A reply, or a part of one; valid only during the closure that it is given to.
struct RedisReply {
    /// What a reply can be.
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

    /// What it is.
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

    /// Whether it is the reply for "nothing".
    var isNil: Bool { kind == .null }

    /// The number, of an integer, or of a text that is one in decimal digits.
    var integer: Int64? {
        switch kind {
        case .integer: Int64(pointer.pointee.integer)
        case .text, .status: text.flatMap { Int64($0) }
        default: nil
        }
    }

    /// The bytes of a text or a status.
    var bytes: UnsafeRawBufferPointer? {
        switch kind {
        case .text, .status: UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len)
        default: nil
        }
    }

    /// The text or status; broken UTF-8 is repaired.
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// What the server complains of.
    var error: String? {
        guard kind == .error else { return nil }
        return String(
            decoding: UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len), as: UTF8.self)
    }

    /// The parts of an array; none if it is something else.
    var elements: Elements { Elements(pointer: pointer) }

    /// The parts of an array.
    struct Elements: RandomAccessCollection {
        fileprivate let pointer: UnsafePointer<redisReply>

        /// The first place.
        var startIndex: Int { 0 }
        /// The place after the last.
        var endIndex: Int { pointer.pointee.type == REDIS_REPLY_ARRAY ? pointer.pointee.elements : 0 }

        /// One part; it has to be there.
        subscript(index: Int) -> RedisReply {
            precondition(index >= 0 && index < endIndex, "a reply of \(endIndex) parts has no part \(index)")
            guard let part = pointer.pointee.element[index] else {
                preconditionFailure("hiredis left part \(index) of a reply unset")
            }
            return RedisReply(UnsafePointer(part))
        }
    }
}
