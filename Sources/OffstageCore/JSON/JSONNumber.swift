// One spelling for each number, derived from the digits themselves. A conversion to Double would make different large
// integers equal. The spelling is that of ECMAScript's Number::toString, but with all digits kept.

/// Gives equal numbers the same text.
enum JSONNumber {
    /// The magnitude of exponents up to which numbers are normalised; beyond it they stay as written.
    private static let exponentLimit: UInt = 1_000_000_000_000

    /// Returns the text of a JSON number in its one normal spelling.
    ///
    /// The value is brought to the form 0.d₁d₂…dₙ × 10^p with d₁ and dₙ not 0. For 0 < p ≤ 21 it is written in full,
    /// for −6 < p ≤ 0 as 0.000d₁…dₙ, and otherwise as d₁.d₂…dₙe±(p−1). Zero, negative or not, is 0.
    static func normalised(_ text: String) -> String {
        var digits: [UInt8] = []
        var point: Int?
        var exponentText: Substring = "0"
        for (index, byte) in zip(text.utf8.indices, text.utf8) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte)
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"): exponentText = text[text.utf8.index(after: index)...]
            default: break
            }
            if byte | 0x20 == UInt8(ascii: "e") { break }
        }
        let leadingZeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        let significant = digits.dropFirst(leadingZeros)
        guard let last = significant.lastIndex(where: { $0 != UInt8(ascii: "0") }) else { return "0" }
        guard let exponent = Int(exponentText), exponent.magnitude < exponentLimit else { return text }
        let sign = text.utf8.first == UInt8(ascii: "-") ? "-" : ""
        let power = (point ?? digits.count) - leadingZeros + exponent
        return sign + spelled(String(decoding: significant[...last], as: UTF8.self), power)
    }

    private static func spelled(_ digits: String, _ power: Int) -> String {
        let count = digits.utf8.count
        if power > 0, power <= 21 {
            if count <= power { return digits + String(repeating: "0", count: power - count) }
            return "\(digits.prefix(power)).\(digits.dropFirst(power))"
        }
        if power <= 0, power > -6 { return "0." + String(repeating: "0", count: -power) + digits }
        let fraction = count > 1 ? ".\(digits.dropFirst())" : ""
        return "\(digits.prefix(1))\(fraction)e\(power > 0 ? "+" : "-")\((power - 1).magnitude)"
    }
}
