// A command as data. Parsing, help, error messages and the shells' completion all come from this one declaration,
// so that they cannot tell different stories.

/// The declaration of a command, and the function that performs it.
struct CommandSpec: Sendable {
    /// The word that calls it.
    var name: String
    /// What it does, in one line.
    var summary: String
    /// What else help says about it, as paragraphs of their own.
    var details: String
    /// Its arguments, in order.
    var arguments: [ArgumentSpec]
    /// Its options, without the common ones.
    var options: [OptionSpec]
    /// Performs it.
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

    /// All options that it takes; one of its own stands for the common one of the same name.
    var allOptions: [OptionSpec] {
        options + OptionSpec.common.filter { common in !options.contains { $0.name == common.name } }
    }
}
