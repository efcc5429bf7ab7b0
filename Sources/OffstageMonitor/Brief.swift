// Short forms for one line of text that a person reads.
import OffstageCore

extension Duration {
    /// The duration in its one or two largest units: `0.3 s`, `59 s`, `2 min`, `1 h 5 min`, `3 d 4 h`.
    var brief: String {
        let seconds = microseconds / 1_000_000
        if microseconds < 10_000_000 { return "\(Double(microseconds / 100_000) / 10) s" }
        func two(_ first: Int64, _ firstUnit: String, _ second: Int64, _ secondUnit: String) -> String {
            second == 0 ? "\(first) \(firstUnit)" : "\(first) \(firstUnit) \(second) \(secondUnit)"
        }
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return two(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: return two(seconds / 3600, "h", seconds / 60 % 60, "min")
        default: return two(seconds / 86_400, "d", seconds / 3600 % 24, "h")
        }
    }
}

extension String {
    /// The text as one line of at most 200 bytes, without control characters.
    var oneLine: String {
        let flat = unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : String($0) }.joined()
        let short = flat.cut(toBytes: 200)
        return short == flat ? flat : short + "…"
    }
}

extension Int {
    /// The number with a comma before every third digit.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}
