// A YAML file as a tree that keeps the order of keys and the place of each value. Text stays as it was written: whether
// `on` is a truth value or `010` a number is decided where the key's meaning is known.

/// A value of a YAML file, with its place.
struct YAMLNode: Sendable, Hashable {
    /// How a text was written; only a plain one can mean null.
    enum Style: Sendable, Hashable {
        case plain
        case quoted
        case block
    }

    enum Content: Sendable, Hashable {
        case scalar(String, Style)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }

    var content: Content
    var place: BoxfilePlace

    /// Whether the value is omitted, or written as YAML's null.
    var isNull: Bool {
        guard case .scalar(let text, .plain) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The kind of the value, for a message.
    var kindName: String {
        switch content {
        case .scalar: isNull ? "nothing" : "text"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}

/// A key of a mapping, its place, and its value.
struct YAMLEntry: Sendable, Hashable {
    var key: String
    var place: BoxfilePlace
    var value: YAMLNode
}
