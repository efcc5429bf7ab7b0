// Durations as people write them: 250ms, 30s, 10m, 1h, 2d, 1h30m. A number without a unit is refused, because systems
// disagree on whether 30 means seconds or milliseconds.
import OffstageCore

/// Parses and formats durations.
enum DurationText {
    /// The longest accepted duration, in seconds: ten years.
    static let maxSeconds = 3650 * 86_400

    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Parses a duration.
    static func parse(_ text: String) throws(ValueError) -> Duration {
        var rest = text[...]
        var total = 0
        var next = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let index = units.indices.first(where: { units[$0].name == letters && $0 >= next }), !digits.isEmpty
            else { throw malformed }
            next = index + 1
            let (part, isTooLong) = (Int(digits) ?? .max).multipliedReportingOverflow(by: units[index].milliseconds)
            guard !isTooLong, part <= maxSeconds * 1000, total + part <= maxSeconds * 1000 else {
                throw ValueError("must be at most 10 years (3650d)")
            }
            total += part
        }
        guard !text.isEmpty else { throw malformed }
        return .milliseconds(total)
    }

    private static var malformed: ValueError {
        ValueError("must be a duration such as 250ms, 30s, 10m, 1h, 2d or 1h30m")
    }

    /// Returns a short form of at most two units, such as `1h30m`, `2d` or `1.3s`.
    static func brief(seconds: Double) -> String {
        let magnitude = max(0, seconds)
        if magnitude < 0.9995 { return "\(Int((magnitude * 1000).rounded()))ms" }
        if magnitude < 9.95 { return "\((magnitude * 10).rounded() / 10)s" }
        let whole = magnitude < 1e15 ? Int(magnitude.rounded()) : 0
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return pair(whole / 60, "m", whole % 60, "s")
        case ..<86_400: return pair(whole / 3600, "h", whole % 3600 / 60, "m")
        default: return pair(whole / 86_400, "d", whole % 86_400 / 3600, "h")
        }
    }

    /// Returns a short form; a negative duration counts as zero.
    static func brief(_ duration: Duration) -> String { brief(seconds: Double(duration.microseconds) / 1_000_000) }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
