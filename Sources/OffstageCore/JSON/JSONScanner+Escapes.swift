// The escapes of a JSON string: stepping over them while scanning, and turning a scanned string into text.
// A surrogate without its partner is refused, because no UTF-8 text can hold it.

extension JSONScanner {
    /// Steps over an escape whose backslash is at the position. Returns the character that it stands for.
    mutating func escape() throws(JSONError) -> UnicodeScalar {
        let backslash = position
        position += 1
        let letter = current
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(from: backslash)
        default: throw error("unknown escape in a string", at: backslash)
        }
    }

    private mutating func unicodeEscape(from backslash: Int) throws(JSONError) -> UnicodeScalar {
        let unit = try fourHexDigits()
        if let scalar = UnicodeScalar(unit) { return scalar }
        guard unit < 0xDC00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw error("half of a surrogate pair without the other half", at: backslash) }
        position += 2
        let low = try fourHexDigits()
        guard 0xDC00...0xDFFF ~= low, let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("half of a surrogate pair without the other half", at: backslash) }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(current)).hexDigitValue else {
                throw unexpected("a hexadecimal digit")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Returns the text of a string that was already scanned.
    func text(of token: StringToken) -> String {
        guard token.hasEscapes else {
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[token.content]), as: UTF8.self)
        }
        return String(decoding: unescaped(token), as: UTF8.self)
    }

    /// Returns the UTF-8 bytes that a scanned string stands for.
    func unescaped(_ token: StringToken) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(token.content.count)
        var reader = JSONScanner(bytes: bytes, position: token.content.lowerBound)
        while reader.position < token.content.upperBound {
            if reader.current == UInt8(ascii: "\\"), let scalar = try? reader.escape() {
                result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else {
                result.append(reader.current)
                reader.position += 1
            }
        }
        return result
    }
}
