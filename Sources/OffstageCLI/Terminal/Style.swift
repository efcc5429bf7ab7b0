// Colours, for a terminal that supports them if NO_COLOR is not set. They are few and have a meaning: red is trouble,
// yellow may still recover, green is well.

/// Colours text.
struct Style: Sendable {
    /// The colours in use, with their numbers in escape sequences.
    enum Colour: Int, Sendable {
        /// For headings and totals.
        case bold = 1
        /// For less important text.
        case dim = 2
        /// For trouble.
        case red = 31
        /// For what went well.
        case green = 32
        /// For what may still go well.
        case yellow = 33
        /// For what is going on.
        case cyan = 36
    }

    /// Whether text is coloured at all.
    var isOn: Bool

    /// Returns the text in a colour.
    func callAsFunction(_ colour: Colour, _ text: String) -> String {
        isOn ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
