// Checks whether bytes are JSON without building anything, for arguments that are only carried. To detect a repeated
// name it keeps one hash per name. If two hashes of one object are equal, the parser, which compares the names
// themselves, decides. So a collision costs time and never gives a wrong result.

/// A walk over bytes that checks them by the parser's rules and allocates almost nothing.
struct JSONValidator {
    private var parser: JSONParser
    private var hashes: [UInt64] = []
    private(set) var hasSuspects = false

    init(_ bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
        parser = JSONParser(bytes, maxDepth: maxDepth)
    }

    mutating func document() throws(JSONError) {
        try value(depth: 0)
        try parser.scanner.expectEnd()
    }

    private mutating func value(depth: Int) throws(JSONError) {
        parser.scanner.skipWhiteSpace()
        switch parser.scanner.current {
        case UInt8(ascii: "{"): try object(depth: depth + 1)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "\""): _ = try parser.scanner.string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try parser.scanner.number()
        case UInt8(ascii: "t"): try parser.scanner.literal("true")
        case UInt8(ascii: "f"): try parser.scanner.literal("false")
        case UInt8(ascii: "n"): try parser.scanner.literal("null")
        default: throw parser.scanner.unexpected("a value")
        }
    }

    private mutating func array(depth: Int) throws(JSONError) {
        try parser.enter(depth)
        if parser.closes(UInt8(ascii: "]")) { return }
        repeat {
            try value(depth: depth)
        } while try !parser.ends(UInt8(ascii: "]"), "',' or ']'")
    }

    private mutating func object(depth: Int) throws(JSONError) {
        try parser.enter(depth)
        if parser.closes(UInt8(ascii: "}")) { return }
        let mine = hashes.count
        repeat {
            try name()
            try value(depth: depth)
        } while try !parser.ends(UInt8(ascii: "}"), "',' or '}'")
        lookForSuspects(from: mine)
        hashes.removeSubrange(mine...)
    }

    private mutating func name() throws(JSONError) {
        parser.scanner.skipWhiteSpace()
        guard parser.scanner.current == UInt8(ascii: "\"") else {
            throw parser.scanner.unexpected("a member's name")
        }
        let token = try parser.scanner.string()
        hashes.append(hash(token))
        parser.scanner.skipWhiteSpace()
        guard parser.scanner.current == UInt8(ascii: ":") else { throw parser.scanner.unexpected("':'") }
        parser.scanner.position += 1
    }

    /// FNV-1a over the name's bytes, unescaped.
    private func hash(_ token: JSONScanner.StringToken) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        if token.hasEscapes {
            for byte in parser.scanner.unescaped(token) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        } else {
            for index in token.content {
                hash = (hash ^ UInt64(parser.scanner.bytes[index])) &* 0x100_0000_01B3
            }
        }
        return hash
    }

    private mutating func lookForSuspects(from start: Int) {
        if hashes.count - start >= JSONParser.manyMembers { hashes[start...].sort() }
        let sorted = hashes.count - start >= JSONParser.manyMembers
        for index in start..<hashes.count {
            let rivals = sorted ? index + 1..<min(index + 2, hashes.count) : index + 1..<hashes.count
            if rivals.contains(where: { hashes[$0] == hashes[index] }) { hasSuspects = true }
        }
    }
}
