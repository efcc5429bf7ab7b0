// `offstage why ID`: why a job does not run, and what frees it next.
import OffstageCore

/// The command that explains where a job stands.
enum WhyCommand {
    static let spec = CommandSpec(
        "why", "tell why a job does not run, and what frees it",
        arguments: [ArgumentSpec("ID", .id, .one, "the job")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let id = try context.invocation.id()
        return try await context.withStore { store in
            guard let standing = try await store.standing(of: id) else { throw CommandFailure.noSuchJob(id) }
            let why = Why(standing, workers: try await store.workers())
            if context.invocation.wantsJSON {
                try context.output.json { why.write(to: &$0) }
            } else {
                try context.output.line(Printable.line(why.text))
            }
            return .done
        }
    }
}
