// `offstage clear QUEUE`: empties a queue. Waiting jobs are removed and running jobs continue. Ended jobs remain until
// retention prunes them.
import OffstageCore
import OffstageMonitor

/// The command that empties a queue.
enum ClearCommand {
    static let spec = CommandSpec(
        "clear", "remove all jobs that wait in a queue",
        details: "Running jobs go on, and ended ones stay to be looked at.",
        arguments: [ArgumentSpec("QUEUE", .name, .one, "the queue")],
        options: [.flag("dry-run", "only tell how many would be removed")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let queue = context.invocation.argument("QUEUE") ?? ""
        let isDry = context.invocation.has("dry-run")
        return try await context.withStore { store in
            var bar = ProgressBar("clear", output: context.output, time: context.time)
            let monitor = Monitor(store, time: context.time)
            let removed = try await monitor.clear(queue, dryRun: isDry) { bar.show($0.changed) }
            bar.end()
            if context.invocation.wantsJSON {
                try context.output.json { writer in
                    writer.beginObject()
                    writer.member("queue", queue)
                    writer.member("removed", removed)
                    writer.member("dry_run", isDry)
                    writer.endObject()
                }
            } else {
                try context.output.line("\(isDry ? "would remove" : "removed") \(Figures.jobs(removed)) from \(queue)")
            }
            return .done
        }
    }
}
