// One argument of a command that is told by its place, as the command table declares it.

/// The declaration of an argument.
struct ArgumentSpec: Sendable {
    /// How often an argument may be there.
    enum Arity: Sendable {
        /// Exactly once.
        case one
        /// Once or not at all.
        case optional
        /// Any number of times; only the last argument can be so.
        case many
    }

    /// How help calls it, such as `TYPE`.
    var name: String
    /// What it may be.
    var kind: ValueKind
    /// How often it may be there.
    var arity: Arity
    /// What it is, in one line.
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
