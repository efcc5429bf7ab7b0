// Points in time as RFC 3339 writes them, such as 2031-05-04T09:30:00Z or 2031-05-04T11:30:00.25+02:00. Worked out
// with plain arithmetic on days, so that no calendar, locale or time zone of the machine can have a say.

/// The reading and writing of times as microseconds since 1970 in UTC.
enum TimeText {
    /// Reads a time.
    static func parse(_ text: String) throws(ValueError) -> Int64 {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("Tt "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2),
            let micros = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty,
            year >= 1970, (1...12).contains(month), (1...daysIn(month, of: year)).contains(day),
            hour < 24, minute < 60, second < 61
        else { throw ValueError("must be a time such as 2031-05-04T09:30:00Z") }
        let days = daysSince1970(year, month, day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + min(second, 59)
        return Int64(seconds) * 1_000_000 + Int64(micros)
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Counts years from March, so that a leap day is the last of its year.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    private struct Reader {
        var rest: Substring.UTF8View

        mutating func take(_ allowed: String) -> Bool {
            guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ length: Int) -> Int? {
            let digits = rest.prefix(length)
            guard digits.count == length, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
            rest = rest.dropFirst(length)
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// Microseconds; finer digits are dropped.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            let digits = rest.prefix { $0 &- 0x30 < 10 }
            guard (1...18).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            let padded = Array(digits.prefix(6)) + Array(repeating: 0x30, count: max(0, 6 - digits.count))
            return padded.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// Minutes east of Greenwich.
        mutating func offset() -> Int? {
            if take("Zz") { return 0 }
            let isWest = rest.first == UInt8(ascii: "-")
            guard take("+-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
            else { return nil }
            return (isWest ? -1 : 1) * (hours * 60 + minutes)
        }
    }
}
