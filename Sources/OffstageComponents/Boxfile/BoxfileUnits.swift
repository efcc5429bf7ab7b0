// Parses numbers with units, and paths, as the file writes them.

/// Parses durations, sizes, numbers and paths. Each error is a predicate such as "must be …".
enum BoxfileUnits {
    /// Parses a whole number without a sign, of at most nine digits.
    static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        return Int(text)
    }

    /// Parses seconds: `90s`, `2m`, `1h30m`, or a bare number, which means seconds as on the old platform.
    static func seconds(_ text: String, in range: ClosedRange<Int>) throws(BoxfileValueError) -> Int {
        let wanted = "must be a duration from 1s to 24h, such as 90s, 2m or 1h30m"
        var total = number(text[...]) ?? 0
        var rest = total > 0 ? "" : text[...]
        var units: [(name: Character, seconds: Int)] = [("h", 3600), ("m", 60), ("s", 1)]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let count = number(digits), let unit = rest.popFirst(),
                let index = units.firstIndex(where: { $0.name == unit })
            else { throw BoxfileValueError(wanted) }
            total += count * units[index].seconds
            units.removeFirst(index + 1)
        }
        guard range.contains(total) else { throw BoxfileValueError(wanted) }
        return total
    }

    /// Parses bytes: `512M`, `2G`, `512MB` or `512MiB`. All units are powers of 1024, as for containers.
    static func bytes(_ text: String) throws(BoxfileValueError) -> Int {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var unit = text.dropFirst(digits.count).drop { $0 == " " }.uppercased()
        for ending in ["IB", "B"] where unit.count > 1 && unit.hasSuffix(ending) {
            unit.removeLast(ending.count)
            break
        }
        let shifts = ["K": 10, "M": 20, "G": 30, "T": 40]
        guard let count = number(digits), let shift = shifts[unit],
            ComponentLimits.memoryRange.contains(count.multipliedReportingOverflow(by: 1 << shift).partialValue),
            count <= ComponentLimits.memoryRange.upperBound >> shift
        else { throw BoxfileValueError("must be a size from 1M to 1T, with a unit, such as 512M or 2G") }
        return count << shift
    }

    /// Parses a path. Refuses `..` and removes doubled slashes. `.` is the app's folder.
    static func path(_ text: String) throws(BoxfileValueError) -> String {
        guard (1...1024).contains(text.utf8.count), text.unicodeScalars.allSatisfy({ $0.value > 31 && $0.value != 127 })
        else { throw BoxfileValueError("must be a path of 1 to 1024 characters on one line") }
        let parts = text.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw BoxfileValueError("may not lead out of a folder by ..") }
        guard parts.first?.first != "~" else { throw BoxfileValueError("may not begin with ~; write the whole path") }
        if text.hasPrefix("/") { return "/" + parts.joined(separator: "/") }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
