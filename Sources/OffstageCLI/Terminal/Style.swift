// Colours, for a terminal that wants them (and NO_COLOR unset). Few and with a meaning: red is trouble, yellow waits
// for something to go better, green is well.

/// The colouring of text.
struct Style: Sendable {
    /// The colours in use, by their number in the terminal's sequences.
    enum Colour: Int, Sendable {
        /// For headings and totals.
        case bold = 1
        /// For what matters less.
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
