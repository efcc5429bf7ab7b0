// `offstage watch ID`: follow one job until it has ended. A line for each change of its state, attempt or progress.
import OffstageCore

/// The command that follows a job.
enum WatchCommand {
    static let spec = CommandSpec(
        "watch", "follow a job until it has ended; the status is 0 only if it completed",
        arguments: [ArgumentSpec("ID", .id, .one, "the job")],
        run: run)

    private static let pause = Duration.milliseconds(100)

    /// What makes a new line worth writing.
    private struct View: Equatable {
        var state: JobState
        var attempt: Int
        var progress: Progress?
        var cancelRequestedAt: Timestamp?

        init(_ record: JobRecord) {
            state = record.state
            attempt = record.attempt
            progress = record.progress
            cancelRequestedAt = record.cancelRequestedAt
        }
    }

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let id = try context.invocation.id()
        return try await context.withStore { store in
            var last: View?
            while true {
                let record = try await store.existing(id)
                if View(record) != last {
                    last = View(record)
                    try await write(record, store, context)
                }
                if record.state.isEnded { return try end(record) }
                try await context.time.sleep(for: pause)
            }
        }
    }

    private static func write(_ record: JobRecord, _ store: any Store, _ context: CommandContext) async throws {
        if context.invocation.wantsJSON {
            try context.output.json { JobDocument(record: record).write(to: &$0) }
        } else {
            let now = try await store.now()
            let about = Printable.line(JobText.about(record, now: now))
            let state = context.output.style(.of(record.state) ?? .bold, record.state.name)
            try context.output.line("\(now)  \(state)  attempt \(record.attempt)  \(about)")
        }
        try context.output.flush()
    }

    private static func end(_ record: JobRecord) throws -> ExitStatus {
        guard record.state == .completed else {
            let error = record.errors.last.map { ": \($0.kind.rawValue): \($0.message)" } ?? ""
            throw CommandFailure("\(record.id) was \(record.state.name)\(error)")
        }
        return .done
    }
}
