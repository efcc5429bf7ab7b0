// A command as data. Parsing, help, error messages and shell completion all use this one declaration, so that they
// agree.

/// The declaration of a command, and the function that runs it.
struct CommandSpec: Sendable {
    /// The command's name.
    var name: String
    /// A one-line description.
    var summary: String
    /// Further help text, in separate paragraphs.
    var details: String
    /// Its arguments, in order.
    var arguments: [ArgumentSpec]
    /// Its options, without the common ones.
    var options: [OptionSpec]
    /// Runs the command.
    var run: @Sendable (CommandContext) async throws -> ExitStatus

    init(
        _ name: String, _ summary: String, details: String = "", arguments: [ArgumentSpec] = [],
        options: [OptionSpec] = [], run: @escaping @Sendable (CommandContext) async throws -> ExitStatus
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.arguments = arguments
        self.options = options
        self.run = run
    }

    /// All options that it takes. Its own option replaces a common one of the same name.
    var allOptions: [OptionSpec] {
        options + OptionSpec.common.filter { common in !options.contains { $0.name == common.name } }
    }
}
