// `offstage workers`: lists the live workers and what each runs. `workers quiet ID` tells one worker to take no more
// jobs; `workers stop ID` tells it to end as on SIGTERM.
import OffstageCore
import OffstageMonitor

/// The command that lists workers and sends them commands.
enum WorkersCommand {
    static let spec = CommandSpec(
        "workers", "list the live workers and what they run, or tell one to be quiet or to stop",
        details:
            "quiet: it takes no more jobs and finishes what it runs. stop: it ends as on SIGTERM. A worker obeys within"
            + " one heartbeat (5 s).",
        arguments: [
            ArgumentSpec("COMMAND", .oneOf(WorkerCommand.allCases.map(\.rawValue)), .optional, "what to tell a worker"),
            ArgumentSpec("ID", .worker, .optional, "the worker"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let invocation = context.invocation
        guard let word = invocation.argument("COMMAND"), let command = WorkerCommand(rawValue: word) else {
            return try await context.withStore(to: .look) { store in try await list(store, context) }
        }
        guard let worker = invocation.argument("ID").flatMap({ WorkerID($0) }) else {
            throw UsageError("workers \(word) needs a worker's ID")
        }
        return try await context.withStore { store in
            guard try await store.command(command, to: worker) else {
                throw CommandFailure("no such worker: \(worker)", status: .noSuchJob)
            }
            if context.invocation.wantsJSON {
                try context.output.json { writer in
                    writer.beginObject()
                    writer.member("worker", worker.description)
                    writer.member("command", word)
                    writer.endObject()
                }
            } else {
                try context.output.line("\(worker) is told to \(command == .quiet ? "be quiet" : "stop")")
            }
            return .done
        }
    }

    private static func list(_ store: any Store, _ context: CommandContext) async throws -> ExitStatus {
        let workers = try await Monitor(store, time: context.time).workers()
        if context.invocation.wantsJSON {
            for worker in workers { try context.output.document(Documents.worker(worker)) }
            return .done
        }
        try context.output.table(Table.of(workers.map(\.worker), now: try await store.now()))
        return .done
    }
}
