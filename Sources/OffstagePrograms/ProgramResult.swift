// Standard output as a job's result: a JSON text is that value, byte for byte; anything else is a JSON string of it.
// The limit holds for the result as it is stored, so a text that grows by its escapes (a run of null bytes grows
// sixfold) is cut for what it becomes.
public import OffstageCore

/// The result that a program's output makes.
public struct ProgramResult: Sendable, Hashable {
    /// A JSON text within the limit; nil if the program wrote nothing.
    public let json: [UInt8]?
    /// Whether the program wrote more than fits.
    public let truncated: Bool

    /// Makes the result of what a program wrote.
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
        // The cut may have gone through a character, whose rest would read as a replacement.
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

    /// How many bytes JSONWriter makes of a character.
    private static func escapedSize(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
        case ..<0x20: 6
        default: UTF8.width(scalar)
        }
    }
}
