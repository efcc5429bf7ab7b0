// `KEY=VALUE`, split at the first equals sign; the value may contain more of them.

/// Parses pairs.
enum PairText {
    /// Parses a pair.
    static func parse(_ text: String) throws(ValueError) -> (key: String, value: String) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw ValueError("must be KEY=VALUE")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
