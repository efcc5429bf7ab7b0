// `offstage returns NAME`: the announcements of ended jobs. What is printed is acknowledged, but only after it has been
// handed to whoever reads the output: if that fails, the announcements come again. `--peek` looks and takes nothing.
import OffstageCore

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
    private static let lease = Duration.seconds(30)
    private static let pause = Duration.milliseconds(250)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let invocation = context.invocation
        if invocation.has("follow"), invocation.has("peek") {
            throw UsageError("--follow and --peek exclude each other")
        }
        let name = invocation.argument("NAME") ?? ""
        var left = invocation.count("limit") ?? .max
        return try await context.withStore { store in
            if invocation.has("peek") {
                for item in try await store.peekReturns(in: name, limit: min(left, Limits.batch)) {
                    try write(item, context)
                }
                return .done
            }
            while left > 0 {
                let items = try await store.takeReturns(from: name, limit: min(left, batch), lease: lease)
                for item in items { try write(item, context) }
                try context.output.flush()
                if !items.isEmpty { _ = try await store.acknowledgeReturns(items.map(\.receipt)) }
                left -= items.count
                guard items.isEmpty else { continue }
                guard invocation.has("follow") else { break }
                try await context.time.sleep(for: pause)
            }
            return .done
        }
    }

    private static func write(_ item: Announcement, _ context: CommandContext) throws {
        guard context.invocation.wantsJSON else {
            let outcome = item.error ?? item.result.map { String(decoding: $0, as: UTF8.self) } ?? ""
            let line = "\(item.at)  \(item.job)  \(item.type)  \(item.state?.name ?? "removed")  \(outcome)"
            return try context.output.line(Printable.line(line))
        }
        try context.output.json { writer in
            writer.beginObject()
            writer.member("id", item.job)
            writer.member("type", item.type)
            writer.member("state", item.state?.name ?? "removed")
            writer.member("at", item.at)
            writer.member("result", payload: item.result)
            writer.member("error", item.error)
            writer.member("meta", item.metadata)
            writer.member("deliveries", item.deliveries)
            writer.endObject()
        }
    }
}
