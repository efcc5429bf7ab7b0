// One member of a JSON object. It is a struct and not a tuple, so that a JSON value can be hashed and compared.

/// A member of a JSON object: a name and its value.
public struct JSONMember: Sendable, Hashable {
    /// The member's name, unescaped.
    public var name: String
    /// The member's value.
    public var value: JSON

    /// Makes a member.
    public init(_ name: String, _ value: JSON) {
        self.name = name
        self.value = value
    }
}
