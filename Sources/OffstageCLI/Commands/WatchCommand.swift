// `offstage watch ID`: follows one job until it has ended, with one line for each change of its record.
import OffstageCore
import OffstageMonitor

/// The command that follows a job.
enum WatchCommand {
    static let spec = CommandSpec(
        "watch", "follow a job until it has ended; the status is 0 only if it completed",
        arguments: [ArgumentSpec("ID", .id, .one, "the job")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let id = try context.invocation.id()
        return try await context.withStore(to: .look) { store in
            var last: JobRecord?
            for try await record in Monitor(store, time: context.time).watch(id) {
                try await write(record, store, context)
                last = record
            }
            guard let last else { throw CommandFailure.noSuchJob(id) }
            guard last.state.isEnded else { throw CommandFailure("\(id) was removed") }
            guard last.state == .completed else { throw CommandFailure(JobText.end(last)) }
            return .done
        }
    }

    private static func write(_ record: JobRecord, _ store: any Store, _ context: CommandContext) async throws {
        if context.invocation.wantsJSON {
            try context.output.document(Documents.job(record))
        } else {
            let now = try await store.now()
            let about = Printable.line(JobText.about(record, now: now))
            let state = context.output.style(.of(record.state) ?? .bold, record.state.name)
            try context.output.line("\(now)  \(state)  attempt \(record.attempt)  \(about)")
        }
        try context.output.flush()
    }
}
