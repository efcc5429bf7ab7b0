// Writes name and value in one call, for the documents of the command line and the monitor. These are long lists of
// members, most of which can be absent; an absent value is written as null.

extension JSONWriter {
    /// Writes a member whose value is a string, or null.
    public mutating func member(_ name: String, _ text: String?) {
        key(name)
        if let text { string(text) } else { null() }
    }

    /// Writes a member whose value is a whole number, or null.
    public mutating func member(_ name: String, _ number: Int?) {
        key(name)
        if let number { integer(number) } else { null() }
    }

    /// Writes a member whose value is a number, or null.
    public mutating func member(_ name: String, _ number: Double?) {
        key(name)
        if let number { double(number) } else { null() }
    }

    /// Writes a member whose value is true or false, or null.
    public mutating func member(_ name: String, _ flag: Bool?) {
        key(name)
        if let flag { bool(flag) } else { null() }
    }

    /// Writes a member whose value is an array of strings.
    public mutating func member(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Writes a member whose value is already JSON, with line breaks as spaces, or null. The bytes are not checked.
    public mutating func member(_ name: String, raw json: [UInt8]?) {
        key(name)
        if let json { rawInLine(json) } else { null() }
    }
}
