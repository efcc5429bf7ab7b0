// A JSON value as it was written. Members keep their order and numbers keep their text, so no conversion to Double
// changes what a caller wrote. The core needs it where it looks *into* arguments (unique keys, bulk lines, results).
// Where the core only carries them, they stay bytes. It does not use Foundation, to keep the hot path fast.

/// A JSON value whose members keep their order and whose numbers keep the text they were written with.
public indirect enum JSON: Sendable, Hashable {
    /// The literal `null`.
    case null
    /// The literal `true` or `false`.
    case bool(Bool)
    /// A number, as the text that it was written with.
    case number(String)
    /// A string, unescaped.
    case string(String)
    /// An array, in order.
    case array([JSON])
    /// An object: its members in the order written, with no name twice.
    case object([JSONMember])

    /// How many levels arrays and objects may be nested, unless a caller chooses another limit.
    public static let defaultMaxDepth = Limits.nesting
}

extension JSON {
    /// The value of an object's member; nil if there is no member with this name, or if this is not an object.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string; nil for any other value.
    public var stringValue: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The value of a number that is a whole number and fits into the type; nil for any other value.
    public var integerValue: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text) ?? Int(JSONNumber.normalised(text))
    }

    /// The value of a number, rounded to the nearest Double; nil for any other value.
    public var doubleValue: Double? {
        if case .number(let text) = self { return Double(text) }
        return nil
    }
}
