// Makes text from jobs and handlers safe to show. An error message may contain characters that a terminal would obey,
// or that show a line in a different order from the one it has.

/// Makes text safe to show.
package enum Printable {
    /// Returns the text as one line: line ends become spaces, and other control characters become visible codes.
    package static func line(_ text: String) -> String {
        self.text(text, lineEnd: " ")
    }

    /// Returns the text with its line ends kept and every other control character as a visible code.
    package static func lines(_ text: String) -> String {
        self.text(text, lineEnd: "\n")
    }

    /// Returns the text as one line. Colours and weights (`ESC [ … m`) keep their effect; all other control characters
    /// become visible codes.
    package static func coloured(_ text: String) -> String {
        guard text.contains("\u{1B}[") else { return line(text) }
        var result = ""
        var rest = text[...]
        while let escape = rest.firstRange(of: "\u{1B}[") {
            let parameters = rest[escape.upperBound...].prefix { $0.isASCII && ($0.isNumber || $0 == ";") }
            let end = parameters.endIndex
            let isColour = end < rest.endIndex && rest[end] == "m" && parameters.utf8.count <= 32
            result += line(String(rest[..<escape.lowerBound]))
            result += isColour ? "\u{1B}[\(parameters)m" : line("\u{1B}[")
            rest = isColour ? rest[rest.index(after: end)...] : rest[escape.upperBound...]
        }
        return result + line(String(rest))
    }

    /// Returns a JSON text in which every character that a terminal would obey is escaped. The meaning stays the same,
    /// because outside strings JSON has no such characters. Line breaks stay.
    package static func json(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        func isHarmful(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x20 && isControl(scalar) }
        guard text.unicodeScalars.contains(where: isHarmful) else { return bytes }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                result += escape(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return Array(result.utf8)
    }

    /// Returns a control character as a JSON escape.
    static func escape(_ control: Unicode.Scalar) -> String {
        let digits = String(control.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func text(_ text: String, lineEnd: Character) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result.append(lineEnd)
            case "\r": continue
            case "\t": result.append(" ")
            default:
                if isControl(scalar) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// Returns whether a terminal may obey the character, or show what follows it in a different order: control
    /// characters (C0, DEL, C1), line and paragraph separators, and marks of writing direction.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
