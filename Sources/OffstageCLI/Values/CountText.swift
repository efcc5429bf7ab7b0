// Parses whole numbers within a range.

/// Parses counts.
enum CountText {
    /// Parses a whole number in a range.
    static func parse(_ text: String, in range: ClosedRange<Int>) throws(ValueError) -> Int {
        guard let number = Int(text), range.contains(number), text.first != "+" else {
            throw ValueError("must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
