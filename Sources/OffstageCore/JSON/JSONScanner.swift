// The lexer: walks over bytes and finds where tokens end. It alone knows the grammar of strings, numbers and white
// space in RFC 8259. The parser, which builds a tree, and the validator, which builds nothing, both use it, so they
// cannot disagree about what is JSON. It also checks, once, that strings are UTF-8.

/// A position in bytes that are being read as JSON.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    /// The extent of a string's content without its quotes, and whether it has escapes.
    struct StringToken {
        var content: Range<Int>
        var hasEscapes: Bool
    }

    /// The byte at the position, or 0 at the end: no token can contain a zero byte.
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func error(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message, at: offset ?? position, of: bytes)
    }

    /// Makes the error for finding something else where `wanted` was expected.
    func unexpected(_ wanted: String) -> JSONError {
        guard position < bytes.count else { return error("ends where \(wanted) was expected") }
        let byte = bytes[position]
        if bytes[position...].starts(with: [0xEF, 0xBB, 0xBF]) {
            return error("found a byte order mark where \(wanted) was expected: save the text without one")
        }
        switch byte {
        case 0x21...0x7E: return error("found '\(Character(UnicodeScalar(byte)))' where \(wanted) was expected")
        case 0x80...: return error("found a character outside ASCII where \(wanted) was expected")
        default: return error("found a control character where \(wanted) was expected")
        }
    }

    mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func expectEnd() throws(JSONError) {
        skipWhiteSpace()
        if position < bytes.count { throw unexpected("the end") }
    }

    mutating func literal(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw unexpected("'\(text)'") }
            position += 1
        }
    }

    /// Steps over a number. Returns its extent.
    mutating func number() throws(JSONError) -> Range<Int> {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
            if isDigit { throw error("a number cannot begin with 0") }
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return start..<position
    }

    private var isDigit: Bool { current &- 0x30 < 10 }

    private mutating func digits() throws(JSONError) {
        guard isDigit else { throw unexpected("a digit") }
        while isDigit { position += 1 }
    }

    /// Steps over a string whose opening quote is at the position. Returns its extent.
    mutating func string() throws(JSONError) -> StringToken {
        let opening = position
        position += 1
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return StringToken(content: opening + 1..<position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                _ = try escape()
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            case 0x80...:
                try skipMultibyte(byte)
            default:
                position += 1
            }
        }
        throw error("a string has no end", at: opening)
    }

    /// Steps over one character of two to four bytes (the Unicode standard's table 3-7).
    private mutating func skipMultibyte(_ lead: UInt8) throws(JSONError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error("invalid UTF-8")
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]),
            length < 3 || bytes[position + 2] & 0xC0 == 0x80, length < 4 || bytes[position + 3] & 0xC0 == 0x80
        else { throw error("invalid UTF-8") }
        position += length
    }
}
