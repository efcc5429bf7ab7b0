// Makes text from jobs and handlers harmless: an error message may carry bytes that a terminal would obey.

/// The making of text that is safe to show.
package enum Printable {
    /// Returns the text as one line: line ends become spaces, other control characters a visible code.
    package static func line(_ text: String) -> String {
        self.text(text, lineEnd: " ")
    }

    /// Returns the text with its line ends kept and every other control character as a visible code.
    package static func lines(_ text: String) -> String {
        self.text(text, lineEnd: "\n")
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

    /// Whether a terminal may obey the character, or let it change the order of what stands around it.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
