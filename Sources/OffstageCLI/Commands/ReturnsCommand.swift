// `offstage returns NAME`: prints the announcements of ended jobs. They are acknowledged only after they have been
// written to standard output; if the write fails, they are delivered again. `--peek` reads without taking any.
import OffstageCore
import OffstageEnqueuer
import OffstageMonitor

/// The command that reads a return queue.
enum ReturnsCommand {
    static let spec = CommandSpec(
        "returns", "read what a return queue announces, and acknowledge it",
        arguments: [ArgumentSpec("NAME", .name, .one, "the return queue")],
        options: [
            .flag("follow", "wait for more, until interrupted"),
            .value("limit", "N", .count(1...1_000_000), "read this many at most"),
            .flag("peek", "only look: take and acknowledge nothing"),
        ],
        run: run)

    private static let batch = 100
    private static let pause = Duration.milliseconds(250)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let invocation = context.invocation
        if invocation.has("follow"), invocation.has("peek") {
            throw UsageError("--follow and --peek exclude each other")
        }
        let name = invocation.argument("NAME") ?? ""
        var left = invocation.count("limit") ?? .max
        return try await context.withStore(to: invocation.has("peek") ? .look : .change) { store in
            let queue = try ReturnQueue(store, name, time: context.time)
            if invocation.has("peek") {
                for item in try await queue.peek(min(left, Limits.batch)) { try write(item, context) }
                return .done
            }
            while left > 0 {
                let items = try await queue.take(min(left, batch))
                for item in items { try write(item.announcement, context) }
                try context.output.flush()
                if !items.isEmpty { try await queue.acknowledge(items) }
                left -= items.count
                guard items.isEmpty else { continue }
                guard invocation.has("follow") else { break }
                try await context.time.sleep(for: pause)
            }
            return .done
        }
    }

    private static func write(_ item: Announcement, _ context: CommandContext) throws {
        guard !context.invocation.wantsJSON else { return try context.output.document(Documents.announcement(item)) }
        let outcome = item.error ?? item.result.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = "\(item.at)  \(item.job)  \(item.type)  \(item.state?.name ?? "removed")  \(outcome)"
        try context.output.line(Printable.line(line))
    }
}
