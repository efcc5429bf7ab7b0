// A moment on a store's wall clock, in whole microseconds UTC. All documents show it as RFC 3339 with six decimals. All
// comparisons are of one integer, so rounding never decides what is due.

/// A moment in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Microseconds since the Unix epoch.
    public let microseconds: Int64

    /// Creates a moment from microseconds since the Unix epoch.
    @inlinable
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Orders moments in time.
    @inlinable
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// Returns the moment a duration later, clamped to the representable range.
    public static func + (a: Timestamp, b: Duration) -> Timestamp {
        let (sum, overflow) = a.microseconds.addingReportingOverflow(b.microseconds)
        return Timestamp(microseconds: overflow ? (b.microseconds < 0 ? .min : .max) : sum)
    }

    /// Returns the moment a duration earlier, clamped to the representable range.
    public static func - (a: Timestamp, b: Duration) -> Timestamp {
        a + Duration.microseconds(-b.microseconds)
    }

    /// Returns the time from the second moment to the first, clamped to the representable range.
    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        let (difference, overflow) = a.microseconds.subtractingReportingOverflow(b.microseconds)
        return .microseconds(overflow ? (a < b ? .min : .max) : difference)
    }
}

extension Duration {
    /// The first second beyond ±146,000 years. This is half of what 64 bits hold, so that two such numbers can be
    /// added.
    private static let beyond = Duration.seconds(4_611_686_018_427)

    /// The whole microseconds of this duration, rounded toward zero and clamped to ±146,000 years.
    public var microseconds: Int64 {
        // `components` traps on a duration whose seconds do not fit into 64 bits.
        guard self < Self.beyond else { return .max / 2 }
        guard self > .zero - Self.beyond else { return .min / 2 }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// Returns a number of microseconds as a duration, rounded toward zero and clamped to ±146,000 years; NaN counts as
    /// zero.
    package static func held(microseconds: Double) -> Duration {
        guard !microseconds.isNaN else { return .zero }
        let bound = Double(Int64.max / 2)
        return .microseconds(Int64(min(max(microseconds, -bound), bound)))
    }
}

extension Timestamp: LosslessStringConvertible {
    /// RFC 3339 in UTC with six decimals: `2026-03-01T12:00:00.000000Z`.
    public var description: String {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        let day = Int(remainder < 0 ? quotient - 1 : quotient)
        var rest = remainder < 0 ? remainder + 86_400_000_000 : remainder
        let (year, month, dayOfMonth) = Self.civil(fromDays: day)
        let micros = rest % 1_000_000
        rest /= 1_000_000
        func pad(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(dayOfMonth, 2) + "T" + pad(Int(rest / 3600), 2) + ":"
            + pad(Int(rest / 60 % 60), 2) + ":" + pad(Int(rest % 60), 2) + "." + pad(Int(micros), 6) + "Z"
    }

    /// Reads RFC 3339 (`Z` or an offset, 0 to 9 decimals, years 1970 to 9999); returns nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ length: Int) -> Int? {
            guard from + length <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[from..<from + length] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        func isCharacter(_ at: Int, _ allowed: String) -> Bool { at < bytes.count && allowed.utf8.contains(bytes[at]) }
        guard let year = number(0, 4), isCharacter(4, "-"), let month = number(5, 2), isCharacter(7, "-"),
            let day = number(8, 2), isCharacter(10, "Tt "), let hour = number(11, 2), isCharacter(13, ":"),
            let minute = number(14, 2), isCharacter(16, ":"), let second = number(17, 2),
            year >= 1970, (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = 19
        var fraction = 0
        if isCharacter(at, ".") {
            at += 1
            var digits = 0
            while at < bytes.count, let digit = number(at, 1) {
                if digits < 6 { fraction = fraction * 10 + digit }
                digits += 1
                at += 1
            }
            guard digits > 0, digits <= 9 else { return nil }
            for _ in min(digits, 6)..<6 { fraction *= 10 }
        }
        var offset = 0
        if isCharacter(at, "Zz") {
            at += 1
        } else if isCharacter(at, "+-"), let hours = number(at + 1, 2), isCharacter(at + 3, ":"),
            let minutes = number(at + 4, 2), hours < 24, minutes < 60
        {
            offset = (bytes[at] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
            at += 6
        } else {
            return nil
        }
        guard at == bytes.count else { return nil }
        let seconds = Self.days(fromCivil: year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    // Days and dates of the proleptic Gregorian calendar: era-based arithmetic on years that begin in March.
    private static func days(fromCivil year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
