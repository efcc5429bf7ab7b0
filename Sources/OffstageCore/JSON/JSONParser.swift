// Builds the tree. The depth that the caller allows (never more than `hardLimit` levels) bounds the recursion, so
// hostile nesting is an error and not a stack overflow. A name that appears twice in one object is refused: readers
// disagree about which of the two counts, and a job must not mean different things to different workers.

/// A parser that turns scanned tokens into a value.
struct JSONParser {
    /// The depth that no caller can exceed; the stack of any thread has room for it.
    static let hardLimit = 512
    /// The size from which an object detects repeated names with a set, instead of comparing every name with every
    /// other.
    static let manyMembers = 16

    var scanner: JSONScanner
    let maxDepth: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
        scanner = JSONScanner(bytes: bytes)
        self.maxDepth = min(maxDepth, Self.hardLimit)
    }

    mutating func value(depth: Int = 0) throws(JSONError) -> JSON {
        scanner.skipWhiteSpace()
        switch scanner.current {
        case UInt8(ascii: "{"):
            return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["):
            return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""):
            return .string(scanner.text(of: try scanner.string()))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let extent = try scanner.number()
            return .number(String(decoding: UnsafeBufferPointer(rebasing: scanner.bytes[extent]), as: UTF8.self))
        case UInt8(ascii: "t"):
            try scanner.literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try scanner.literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try scanner.literal("null")
            return .null
        default:
            throw scanner.unexpected("a value")
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
        try enter(depth)
        var elements: [JSON] = []
        if closes(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth))
            if try ends(UInt8(ascii: "]"), "',' or ']'") { return elements }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> [JSONMember] {
        try enter(depth)
        var members: [JSONMember] = []
        var names = JSONNames()
        if closes(UInt8(ascii: "}")) { return members }
        while true {
            let name = try memberName(&names)
            members.append(JSONMember(name, try value(depth: depth)))
            if try ends(UInt8(ascii: "}"), "',' or '}'") { return members }
        }
    }

    /// Reads a name and the colon after it.
    mutating func memberName(_ names: inout JSONNames) throws(JSONError) -> String {
        scanner.skipWhiteSpace()
        let start = scanner.position
        guard scanner.current == UInt8(ascii: "\"") else { throw scanner.unexpected("a member's name") }
        let name = scanner.text(of: try scanner.string())
        guard names.insert(name) else {
            throw scanner.error("the name \"\(name.prefix(64))\" appears twice in one object", at: start)
        }
        scanner.skipWhiteSpace()
        guard scanner.current == UInt8(ascii: ":") else { throw scanner.unexpected("':'") }
        scanner.position += 1
        return name
    }

    /// The message for a text that is nested too deep.
    static func tooDeep(_ depth: Int) -> String { "nested deeper than \(depth) levels" }

    /// Steps over an opening bracket.
    mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= maxDepth else { throw scanner.error(Self.tooDeep(maxDepth)) }
        scanner.position += 1
    }

    /// Returns whether the closing bracket follows, and if so steps over it.
    mutating func closes(_ bracket: UInt8) -> Bool {
        scanner.skipWhiteSpace()
        guard scanner.current == bracket else { return false }
        scanner.position += 1
        return true
    }

    /// Steps over a comma or the closing bracket. Returns whether it was the closing bracket.
    mutating func ends(_ bracket: UInt8, _ wanted: String) throws(JSONError) -> Bool {
        scanner.skipWhiteSpace()
        let byte = scanner.current
        guard byte == bracket || byte == UInt8(ascii: ",") else { throw scanner.unexpected(wanted) }
        scanner.position += 1
        return byte == bracket
    }
}
