// Everything a command uses: its arguments, output, clock, environment and app. The entry point creates it once; a
// command reaches nothing else.
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
    /// The handlers and settings of the app whose executable this is.
    var app: OffstageApp
    /// All commands, for help and completion.
    var groups: [CommandGroup]
}
