// What a YAML file says, as a tree that remembers the order of keys and where each value stands. It keeps text as it
// was written: whether `on` is a truth value or `010` a number is for those to decide who know what the key means.

/// A value of a YAML file, with its place.
struct YAMLNode: Sendable, Hashable {
    /// How a text was written; only a plain one can mean "nothing".
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

    /// Whether the value is left out, or written as YAML's "nothing".
    var isNull: Bool {
        guard case .scalar(let text, .plain) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What kind of value this is, for a message.
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
