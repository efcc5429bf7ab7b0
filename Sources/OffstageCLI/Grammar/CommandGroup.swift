// Commands that help shows together.

/// A group of commands under a heading.
struct CommandGroup: Sendable {
    /// The heading.
    var title: String
    /// The commands, in the order in which help shows them.
    var commands: [CommandSpec]
}
