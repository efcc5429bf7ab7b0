// Unit files as systemd reads them: sections of settings, and values with the words, escapes and specifiers that each
// setting supports.
import Testing

/// A parsed unit file.
struct UnitText {
    private(set) var settings: [(section: String, key: String, value: String)] = []

    init(_ text: String) throws {
        var section = ""
        for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }) {
            if line.hasPrefix("[") {
                section = String(line)
            } else {
                let equals = try #require(line.firstIndex(of: "="), "no setting: \(line)")
                settings.append((section, String(line[..<equals]), String(line[line.index(after: equals)...])))
            }
        }
    }

    /// The raw values of a setting.
    func values(_ key: String) -> [String] { settings.filter { $0.key == key }.map(\.value) }

    /// The words of a setting that is a list, without quotes. `escapes` states whether the setting supports `\xNN`.
    func words(_ key: String, escapes: Bool) throws -> [String] {
        try values(key).flatMap { try Self.words($0, escapes: escapes) }
    }

    /// A value with `%%` replaced by `%`. Fails if it contains a specifier.
    static func plain(_ value: String) throws -> String {
        let parts = value.replacing("%%", with: "\u{1}")
        try #require(!parts.contains("%"), "a specifier in \(value)")
        return parts.replacing("\u{1}", with: "%")
    }

    private static func words(_ value: String, escapes: Bool) throws -> [String] {
        var words: [String] = []
        var rest = Array(try plain(value).unicodeScalars)[...]
        while let first = rest.first {
            rest = rest.dropFirst()
            if first == " " { continue }
            var word = ""
            let quote: Unicode.Scalar = first == "\"" ? first : " "
            if quote == " " { word.unicodeScalars.append(first) }
            while let next = rest.popFirst(), next != quote {
                guard next == "\\" else {
                    word.unicodeScalars.append(next)
                    continue
                }
                let escaped = try #require(rest.first)
                rest = rest.dropFirst()
                guard escapes, escaped == "x" else {
                    try #require("\\\"".unicodeScalars.contains(escaped), "an escape that is none in \(value)")
                    word.unicodeScalars.append(escaped)
                    continue
                }
                let digits = String(String.UnicodeScalarView(rest.prefix(2)))
                let byte = try #require(UInt8(digits, radix: 16))
                word.unicodeScalars.append(Unicode.Scalar(byte))
                rest = rest.dropFirst(2)
            }
            words.append(word)
        }
        return words
    }
}
