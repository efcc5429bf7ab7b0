// One positional argument of a command, as the command table declares it.

/// The declaration of an argument.
struct ArgumentSpec: Sendable {
    /// How often an argument may occur.
    enum Arity: Sendable {
        /// Exactly once.
        case one
        /// Once or not at all.
        case optional
        /// Any number of times; allowed for the last argument only.
        case many
    }

    /// The name in help, such as `TYPE`.
    var name: String
    /// The kind of value.
    var kind: ValueKind
    /// How often it may occur.
    var arity: Arity
    /// A one-line description.
    var help: String

    init(_ name: String, _ kind: ValueKind, _ arity: Arity, _ help: String) {
        self.name = name
        self.kind = kind
        self.arity = arity
        self.help = help
    }

    /// The argument as help shows it, such as `[ID...]`.
    var usage: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .many: "[\(name)...]"
        }
    }
}
