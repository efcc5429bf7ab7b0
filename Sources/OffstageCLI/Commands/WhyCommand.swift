// `offstage why ID`: explains why a job does not run, and what frees it next.
import OffstageCore
import OffstageMonitor

/// The command that explains why a job does not run.
enum WhyCommand {
    static let spec = CommandSpec(
        "why", "tell why a job does not run, and what frees it",
        arguments: [ArgumentSpec("ID", .id, .one, "the job")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let id = try context.invocation.id()
        return try await context.withStore(to: .look) { store in
            guard let why = try await Monitor(store, time: context.time).why(id) else {
                throw CommandFailure.noSuchJob(id)
            }
            if context.invocation.wantsJSON {
                try context.output.document(Documents.why(why))
            } else {
                try context.output.line(Printable.line(why.text))
            }
            return .done
        }
    }
}
