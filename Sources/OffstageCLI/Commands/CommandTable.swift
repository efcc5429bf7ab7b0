// All commands, in the order in which help shows them.

/// The table of all commands.
enum CommandTable {
    /// All commands, in groups.
    static let groups: [CommandGroup] = [
        CommandGroup(title: "Other", commands: [CompletionCommand.spec, VersionCommand.spec])
    ]
}
