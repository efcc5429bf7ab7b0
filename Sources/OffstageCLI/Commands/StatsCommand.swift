// `offstage stats`: the whole store in figures, and what each type did in the last hour.
import OffstageCore

/// The command that shows figures.
enum StatsCommand {
    static let spec = CommandSpec(
        "stats", "show how many jobs stand where, and what each type did lately",
        options: [.value("since", "DURATION", .duration, "how far back to look, at most 72h (1h)")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let span = try context.invocation.duration("since") ?? .seconds(3600)
        guard span <= .seconds(72 * 3600) else { throw UsageError("--since must be at most 72h") }
        return try await context.withStore { store in
            let counts = try await store.counts()
            let types = TypeRow.rows(of: try await store.history(since: counts.at - span))
            let workers = try await store.workers()
            if context.invocation.wantsJSON {
                try context.output.json { write(counts, types, workers, span, to: &$0) }
                return .done
            }
            let totals = JobState.allCases.map { "\(Figures.grouped(counts.total($0))) \($0.name)" }
            try context.output.line(totals.joined(separator: ", "))
            let running = workers.reduce(0) { $0 + $1.running.count }
            try context.output.line("\(workers.count) workers run \(Figures.jobs(running))")
            if counts.staleRefused > 0 {
                try context.output.line("\(Figures.grouped(counts.staleRefused)) late writes refused")
            }
            for (name, waiting) in counts.returns.sorted(by: { $0.key < $1.key }) {
                let dropped = counts.returnsDropped[name] ?? 0
                let lost = dropped > 0 ? ", \(Figures.grouped(dropped)) dropped unread" : ""
                try context.output.line("return queue \(name): \(Figures.grouped(waiting)) announcements\(lost)")
            }
            guard !types.isEmpty else { return .done }
            try context.output.line("")
            for line in TypeRow.table(types).lines(width: context.output.width, style: context.output.style) {
                try context.output.line(line)
            }
            return .done
        }
    }

    private static func write(
        _ counts: StoreCounts, _ types: [TypeRow], _ workers: [WorkerRecord], _ span: Duration,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("at", counts.at)
        writer.key("states")
        writer.beginObject()
        for state in JobState.allCases { writer.member(state.name, counts.total(state)) }
        writer.endObject()
        writer.member("workers", workers.count)
        writer.member("stale_refused", counts.staleRefused)
        writer.key("returns")
        writer.beginObject()
        for (name, waiting) in counts.returns.sorted(by: { $0.key < $1.key }) { writer.member(name, waiting) }
        writer.endObject()
        writer.key("returns_dropped")
        writer.beginObject()
        for (name, dropped) in counts.returnsDropped.sorted(by: { $0.key < $1.key }) { writer.member(name, dropped) }
        writer.endObject()
        writer.member("since_s", seconds: span.microseconds)
        writer.key("types")
        writer.beginArray()
        for type in types { type.write(to: &writer) }
        writer.endArray()
        writer.endObject()
    }
}
