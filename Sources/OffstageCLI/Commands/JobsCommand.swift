// `offstage jobs`: lists a page of jobs, newest first.
import OffstageCore
import OffstageMonitor

/// The command that lists jobs.
enum JobsCommand {
    static let spec = CommandSpec(
        "jobs", "list jobs, newest first",
        options: OptionSpec.filters + [
            .value("limit", "N", .count(1...1_000_000), "how many at most (50)"),
            .value("after", "CURSOR", .text, "go on behind this place, as an earlier listing told it"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore(to: .look) { store in
            let monitor = Monitor(store, time: context.time)
            var left = context.invocation.count("limit") ?? 50
            var cursor = context.invocation.text("after")
            var records: [JobRecord] = []
            repeat {
                let page = try await monitor.list(
                    context.invocation.filter(), after: cursor, limit: min(left, Limits.batch))
                if context.invocation.wantsJSON {
                    for (record, cursor) in zip(page.records, page.cursors) {
                        try context.output.document(Documents.jobLine(record, cursor: cursor))
                    }
                } else {
                    records += page.records
                }
                left -= page.records.count
                cursor = page.next
            } while left > 0 && cursor != nil
            guard !context.invocation.wantsJSON else { return .done }
            try context.output.table(Table.of(records, now: try await store.now()))
            if let cursor { context.output.message("there are more: --after \(cursor)") }
            return .done
        }
    }
}
