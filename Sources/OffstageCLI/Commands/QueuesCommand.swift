// `offstage queues`: lists every queue that has jobs, with its jobs by state and how long its oldest due job has
// waited.
import OffstageCore
import OffstageMonitor

/// The command that lists queues.
enum QueuesCommand {
    static let spec = CommandSpec("queues", "list the queues, with their jobs by state", run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore(to: .look) { store in
            let queues = try await Monitor(store, time: context.time).queues()
            if context.invocation.wantsJSON {
                for queue in queues { try context.output.document(Documents.queue(queue)) }
            } else {
                try context.output.table(Table.of(queues))
            }
            return .done
        }
    }
}
