// The bytes of a file, checked before libyaml reads them: libyaml reports neither line nor column of invalid UTF-8, and
// its guess at UTF-16 is not wanted. Lines end where libyaml ends them, so that places agree.

/// A file's text as bytes of valid UTF-8, cut into lines when a message needs one.
struct YAMLBytes {
    /// The bytes, without a byte-order mark.
    let bytes: [UInt8]

    init(_ raw: [UInt8], limits: YAMLLimits) throws(YAMLProblem) {
        guard raw.count <= limits.bytes else {
            throw YAMLProblem(
                place: .start,
                text: "the file has more than \(limits.bytes) bytes; is it the right file?")
        }
        bytes = raw.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(raw.dropFirst(3)) : raw
        try Self.check(bytes)
    }

    /// Returns the line of this number, from 1; empty beyond the end.
    func line(_ number: Int) -> [Unicode.Scalar] {
        var current = 1
        var found: [Unicode.Scalar] = []
        var isAfterReturn = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar == "\n", isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = scalar == "\r"
            if Self.isBreak(scalar) {
                if current == number { return found }
                current += 1
            } else if current == number {
                found.append(scalar)
            }
        }
        return found
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func check(_ bytes: [UInt8]) throws(YAMLProblem) {
        var (line, column) = (1, 1)
        var isAfterReturn = false
        var decoder = UTF8()
        var source = bytes.makeIterator()
        while true {
            switch decoder.decode(&source) {
            case .emptyInput: return
            case .error:
                let place = BoxfilePlace(line: line, column: column)
                throw YAMLProblem(place: place, text: "this byte is not UTF-8; save the file in that encoding")
            case .scalarValue(let scalar):
                if scalar == "\n", isAfterReturn {
                    isAfterReturn = false
                    continue
                }
                isAfterReturn = scalar == "\r"
                guard isAllowed(scalar) else {
                    let place = BoxfilePlace(line: line, column: column)
                    let name = "U+" + hexadecimal(scalar.value)
                    throw YAMLProblem(place: place, text: "the character \(name) is not allowed in YAML; remove it")
                }
                (line, column) = isBreak(scalar) ? (line + 1, 1) : (line, column + 1)
            }
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        case 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
