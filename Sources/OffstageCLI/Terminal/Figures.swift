// Formats numbers for people.

/// Formats numbers for people.
enum Figures {
    /// Returns a whole number with thousands separators: `1,234,567`.
    static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// Returns a number of bytes with a unit: `1.5 KiB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var units = ["B", "KiB", "MiB", "GiB", "TiB"][...]
        while value >= 1024, units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        let shown = value < 10 && units.first != "B" ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
        return "\(shown) \(units.first ?? "")"
    }
}

extension Figures {
    /// Returns a whole number in at most five characters: `9999`, `12.3k`, `4.56M`.
    static func short(_ number: Int) -> String {
        guard number >= 10_000 else { return String(number) }
        var value = Double(number)
        var units = ["", "k", "M", "G"][...]
        while value >= 999.5, units.count > 1 {
            value /= 1000
            units.removeFirst()
        }
        let scale: Double = value < 9.995 ? 100 : value < 99.95 ? 10 : 1
        let shown = (value * scale).rounded() / scale
        return (scale == 1 ? "\(Int(shown))" : "\(shown)") + (units.first ?? "")
    }

    /// Returns a rate, with one decimal while it is small.
    static func rate(_ value: Double) -> String {
        value < 9.95 ? "\((value * 10).rounded() / 10)" : short(Int(value.rounded()))
    }

    /// Returns a number of jobs: `1 job`, `1,234 jobs`.
    static func jobs(_ count: Int) -> String { "\(grouped(count)) \(count == 1 ? "job" : "jobs")" }
}
