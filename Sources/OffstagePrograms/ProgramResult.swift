// Standard output as a job's result. A JSON text is that value, byte for byte; anything else becomes a JSON string. The
// limit applies to the result as it is stored, so a text that grows when it is escaped (null bytes grow sixfold) is cut
// according to its escaped size.
public import OffstageCore

/// The result made from a program's output.
public struct ProgramResult: Sendable, Hashable {
    /// A JSON text within the limit; nil if the program wrote nothing.
    public let json: [UInt8]?
    /// Whether the program wrote more than fits.
    public let truncated: Bool

    /// Makes the result from what a program wrote. `truncated` states whether `output` is already cut; `limit` is in
    /// bytes.
    public init(output: [UInt8], truncated: Bool, limit: Int = Limits().resultBytes) {
        guard !output.isEmpty else {
            json = nil
            self.truncated = truncated
            return
        }
        if !truncated, output.count <= limit, Self.isJSON(output) {
            json = output
            self.truncated = false
            return
        }
        let (text, wasCut) = Self.string(output, limit: limit, endsCut: truncated)
        json = text
        self.truncated = truncated || wasCut
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        do throws(JSONError) {
            try JSON.validate(bytes)
            return true
        } catch {
            return false
        }
    }

    private static func string(_ bytes: [UInt8], limit: Int, endsCut: Bool) -> (json: [UInt8], wasCut: Bool) {
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        // The cut may have split a character, whose first bytes would decode as a replacement character.
        if endsCut, scalars.last == "\u{FFFD}", bytes.suffix(3) != [0xEF, 0xBF, 0xBD] { scalars.removeLast() }
        var size = 2
        var fitting = 0
        for scalar in scalars {
            size += escapedSize(scalar)
            if size > limit { break }
            fitting += 1
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[..<fitting])
        var writer = JSONWriter(reservingCapacity: size)
        writer.string(String(text))
        return (writer.bytes, fitting < scalars.count)
    }

    /// How many bytes JSONWriter writes for a character.
    private static func escapedSize(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
        case ..<0x20: 6
        default: UTF8.width(scalar)
        }
    }
}
