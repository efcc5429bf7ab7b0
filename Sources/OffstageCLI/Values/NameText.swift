// Names of queues, types, tags and components. One narrow alphabet for all of them, so that a name can stand in a
// URL, a file name, a key of a store and a shell without being quoted.

/// The rule for names.
enum NameText {
    /// The largest number of characters in a name.
    static let maxLength = 128

    /// Refuses a text that is no name.
    static func check(_ text: String) throws(ValueError) {
        let isName = (1...maxLength).contains(text.utf8.count) && text.utf8.allSatisfy(isAllowed)
        guard isName else { throw ValueError("must be 1 to \(maxLength) of the characters A-Z a-z 0-9 . _ : -") }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "._:-".utf8.contains(byte)
        }
    }
}
