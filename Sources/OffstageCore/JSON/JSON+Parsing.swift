// The ways from bytes to JSON: the whole tree, the members of an object with the place of each value (for arguments
// that must be kept byte for byte), or only a check. All follow RFC 8259 exactly. In addition they refuse repeated
// names, deep nesting and unpaired surrogates.

extension JSON {
    /// Parses a JSON text. Throws JSONError, with the place, if it is not one.
    public static func parse(
        _ bytes: some Collection<UInt8>, maxDepth: Int = defaultMaxDepth
    ) throws(JSONError) -> JSON {
        try withBuffer(of: bytes) { buffer throws(JSONError) in
            var parser = JSONParser(buffer, maxDepth: maxDepth)
            let value = try parser.value()
            try parser.scanner.expectEnd()
            return value
        }
    }

    /// Parses a JSON text. Throws JSONError, with the place, if it is not one.
    public static func parse(_ text: String, maxDepth: Int = defaultMaxDepth) throws(JSONError) -> JSON {
        try parse(text.utf8, maxDepth: maxDepth)
    }

    /// Checks that bytes are a JSON text by the same rules as `parse`, without building a value.
    public static func validate(
        _ bytes: some Collection<UInt8>, maxDepth: Int = defaultMaxDepth
    ) throws(JSONError) {
        let hasSuspects = try withBuffer(of: bytes) { buffer throws(JSONError) in
            var validator = JSONValidator(buffer, maxDepth: maxDepth)
            try validator.document()
            return validator.hasSuspects
        }
        if hasSuspects { _ = try parse(bytes, maxDepth: maxDepth) }
    }

    /// Parses an object and returns its members with the range of each value's bytes, as offsets from the start.
    ///
    /// Throws if the text is not JSON, or if it is not an object.
    public static func members(
        of bytes: some Collection<UInt8>, maxDepth: Int = defaultMaxDepth
    ) throws(JSONError) -> [(key: String, value: JSON, range: Range<Int>)] {
        try withBuffer(of: bytes) { buffer throws(JSONError) in
            var parser = JSONParser(buffer, maxDepth: maxDepth)
            parser.scanner.skipWhiteSpace()
            guard parser.scanner.current == UInt8(ascii: "{") else { throw parser.scanner.unexpected("an object") }
            try parser.enter(1)
            var members: [(key: String, value: JSON, range: Range<Int>)] = []
            var names = JSONNames()
            var ended = parser.closes(UInt8(ascii: "}"))
            while !ended {
                let name = try parser.memberName(&names)
                parser.scanner.skipWhiteSpace()
                let start = parser.scanner.position
                let value = try parser.value(depth: 1)
                members.append((name, value, start..<parser.scanner.position))
                ended = try parser.ends(UInt8(ascii: "}"), "',' or '}'")
            }
            try parser.scanner.expectEnd()
            return members
        }
    }

    /// Provides the bytes as one piece of memory, and copies them only if they are not contiguous.
    private static func withBuffer<T>(
        of bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws(JSONError) -> T
    ) throws(JSONError) -> T {
        let lent = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONError) -> T in try body(buffer) }
        }
        if let lent { return try lent.get() }
        return try Array(bytes).withUnsafeBufferPointer(body)
    }
}
