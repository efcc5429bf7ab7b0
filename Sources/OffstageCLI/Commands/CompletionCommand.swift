// `offstage completion bash|zsh`: writes the shell's completion script for this program.

/// The command that writes completion scripts.
enum CompletionCommand {
    static let spec = CommandSpec(
        "completion", "write the script that lets a shell complete commands and options",
        details: "bash: source <(offstage completion bash)\nzsh: offstage completion zsh > ~/.zfunc/_offstage",
        arguments: [ArgumentSpec("SHELL", .oneOf(["bash", "zsh"]), .one, "the shell")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let commands = context.groups.flatMap(\.commands)
        let isZsh = context.invocation.argument("SHELL") == "zsh"
        try context.output.line(
            isZsh
                ? ZshCompletion(program: context.program, commands: commands).script()
                : BashCompletion(program: context.program, commands: commands).script())
        return .done
    }
}
