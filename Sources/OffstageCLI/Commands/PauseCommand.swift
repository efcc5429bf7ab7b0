// `offstage pause` and `offstage resume`: a paused queue keeps its jobs and hands out none.
import OffstageCore

/// The commands that pause and resume queues.
enum PauseCommand {
    static let pause = CommandSpec(
        "pause", "stop giving out a queue's jobs; running ones go on", arguments: arguments
    ) { context in try await set(paused: true, context) }

    static let resume = CommandSpec(
        "resume", "give out a paused queue's jobs again", arguments: arguments
    ) { context in try await set(paused: false, context) }

    private static let arguments = [ArgumentSpec("QUEUE", .name, .one, "the queue")]

    private static func set(paused: Bool, _ context: CommandContext) async throws -> ExitStatus {
        let queue = context.invocation.argument("QUEUE") ?? ""
        return try await context.withStore { store in
            let hasChanged = try await store.setPaused(paused, queue: queue)
            if context.invocation.wantsJSON {
                try context.output.json { writer in
                    writer.beginObject()
                    writer.member("queue", queue)
                    writer.member("paused", paused)
                    writer.member("changed", hasChanged)
                    writer.endObject()
                }
                return .done
            }
            switch (paused, hasChanged) {
            case (true, true): try context.output.line("\(queue) is paused")
            case (true, false): try context.output.line("\(queue) was already paused")
            case (false, true): try context.output.line("\(queue) is resumed")
            case (false, false): try context.output.line("\(queue) was not paused")
            }
            return .done
        }
    }
}
