// Parses what keys send: one byte, or a sequence that begins with an escape. Input is parsed piece by piece; a lone
// escape at the end of a piece is the escape key.

/// A key that `top` understands.
enum Key: Equatable {
    case up, down, left, right, pageUp, pageDown, escape
    case character(Character)
    /// The control key with a letter, such as `c`.
    case control(Character)

    /// Returns the keys in a piece of input.
    static func read(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x1B:
                guard rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") else {
                    keys.append(.escape)
                    continue
                }
                rest.removeFirst()
                let parameters = rest.prefix { !(0x40...0x7E).contains($0) }
                rest = rest.dropFirst(parameters.count)
                if let key = sequence(rest.popFirst(), parameters) { keys.append(key) }
            case 1...26 where byte != 9 && byte != 13: keys.append(.control(Character(UnicodeScalar(byte + 0x60))))
            case 9: keys.append(.right)
            case 0x20..<0x7F: keys.append(.character(Character(UnicodeScalar(byte))))
            default: continue
            }
        }
        return keys
    }

    private static func sequence(_ end: UInt8?, _ parameters: ArraySlice<UInt8>) -> Key? {
        switch end {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"), UInt8(ascii: "Z"): .left
        case UInt8(ascii: "~") where parameters.first == UInt8(ascii: "5"): .pageUp
        case UInt8(ascii: "~") where parameters.first == UInt8(ascii: "6"): .pageDown
        default: nil
        }
    }
}
