// `offstage version`: prints the version.
import OffstageCore

/// The command that prints the version.
enum VersionCommand {
    static let spec = CommandSpec("version", "tell which version this is", run: run)

    /// Writes the version; `--version` does the same.
    static func run(_ context: CommandContext) async throws -> ExitStatus {
        guard context.invocation.wantsJSON else {
            try context.output.line("offstage \(Version.current)")
            return .done
        }
        try context.output.json { writer in
            writer.beginObject()
            writer.member("version", Version.current)
            writer.endObject()
        }
        return .done
    }
}
