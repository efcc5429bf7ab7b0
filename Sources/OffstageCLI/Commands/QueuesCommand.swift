// `offstage queues`: every queue that has jobs, with how many stand where and how long the oldest due one has waited.
import OffstageCore

/// The command that lists queues.
enum QueuesCommand {
    static let spec = CommandSpec("queues", "list the queues, with how many jobs stand where", run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore { store in
            let rows = QueueRow.rows(of: try await store.counts())
            if context.invocation.wantsJSON {
                for row in rows { try context.output.json { row.write(to: &$0) } }
                return .done
            }
            for line in QueueRow.table(rows).lines(width: context.output.width, style: context.output.style) {
                try context.output.line(line)
            }
            return .done
        }
    }
}
