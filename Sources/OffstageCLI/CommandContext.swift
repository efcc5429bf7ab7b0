// What a command works with: the words it was given, the place it writes to, time, and the way to the store. Made
// once by the entry point; a command reaches nothing else.
import OffstageCore

/// The surroundings of one command.
struct CommandContext: Sendable {
    /// What the user typed.
    var invocation: Invocation
    /// Where results and messages go.
    var output: Output
    /// The clock.
    var time: any TimeSource
    /// The environment's variables.
    var environment: [String: String]
    /// The name by which the user called the program.
    var program: String
    /// What the app whose executable this is brings along.
    var app: OffstageApp
    /// All commands, for help and completion.
    var groups: [CommandGroup]
}
