// Cuts a component's output into lines that are safe to show and keep: at most 64 KiB long (a longer line is split),
// and without bytes that a terminal would interpret. Invalid UTF-8 is shown as \xNN.

/// Turns a stream of bytes into lines.
struct LineCutter: Sendable {
    /// The most bytes of a line; a longer one is split.
    static let mostBytes = 64 << 10

    private var rest: [UInt8] = []

    /// Adds bytes and returns the lines that are complete.
    mutating func add(_ bytes: some Collection<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0A {
                lines.append(take())
            } else {
                rest.append(byte)
                if rest.count == Self.mostBytes { lines.append(take()) }
            }
        }
        return lines
    }

    /// Returns the last line, if it has no line end.
    mutating func finish() -> String? {
        rest.isEmpty ? nil : take()
    }

    private mutating func take() -> String {
        defer { rest.removeAll(keepingCapacity: true) }
        if rest.last == 0x0D { rest.removeLast() }
        return Self.shown(rest)
    }

    /// Returns bytes as harmless text.
    static func shown(_ bytes: [UInt8]) -> String {
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let length = sequenceLength(bytes, at: index)
            if length > 0 {
                let piece = String(decoding: bytes[index..<(index + length)], as: UTF8.self)
                text +=
                    piece.unicodeScalars.contains(where: isObeyed) ? escaped(bytes[index..<(index + length)]) : piece
                index += length
            } else {
                text += escaped(bytes[index...index])
                index += 1
            }
        }
        return text
    }

    /// Returns the length in bytes of the valid character at an index; 0 if there is none.
    private static func sequenceLength(_ bytes: [UInt8], at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, index + length <= bytes.count else { return 0 }
        let slice = bytes[index..<(index + length)]
        return String(validating: slice, as: UTF8.self) == nil ? 0 : length
    }

    /// Components may use colours on their own terminal, but here they would run into each other.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escaped(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
