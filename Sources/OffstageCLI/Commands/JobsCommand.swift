// `offstage jobs`: a page of jobs, newest first. A store examines a bounded number of records a call and may answer
// with few or none and a place to go on from, so the command goes on until it has as many as were asked for.
import OffstageCore

/// The command that lists jobs.
enum JobsCommand {
    static let spec = CommandSpec(
        "jobs", "list jobs, newest first",
        options: OptionSpec.filters + [
            .value("limit", "N", .count(1...100_000), "how many at most (50)"),
            .value("after", "CURSOR", .text, "go on behind this place, as an earlier listing told it"),
        ],
        run: run)

    private static let pageSize = 500

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore { store in
            let limit = context.invocation.count("limit") ?? 50
            var table = Table("id", "type", "queue", "state", "#attempt", "#age", "about")
            var cursor = context.invocation.text("after")
            var count = 0
            let now = try await store.now()
            repeat {
                let page = try await store.list(
                    context.invocation.filter(), after: cursor, limit: min(limit - count, pageSize))
                for (record, cursor) in zip(page.records, page.cursors) {
                    if context.invocation.wantsJSON {
                        try context.output.json { JobDocument(record: record).writeListed(cursor: cursor, to: &$0) }
                    } else {
                        table.add(row(record, now: now))
                    }
                }
                count += page.records.count
                cursor = page.next
            } while count < limit && cursor != nil
            guard !context.invocation.wantsJSON else { return .done }
            for line in table.lines(width: context.output.width, style: context.output.style) {
                try context.output.line(line)
            }
            if let cursor { context.output.message("there are more: --after \(cursor)") }
            return .done
        }
    }

    private static func row(_ record: JobRecord, now: Timestamp) -> [Table.Cell] {
        let age = DurationText.brief(seconds: Double((now - record.enqueuedAt).microseconds) / 1_000_000)
        return [
            Table.Cell(record.id.description), Table.Cell(record.type), Table.Cell(record.queue),
            Table.Cell(record.state.name, .of(record.state)), Table.Cell("\(record.attempt)/\(record.maxAttempts)"),
            Table.Cell(age), Table.Cell(JobText.about(record, now: now)),
        ]
    }
}
