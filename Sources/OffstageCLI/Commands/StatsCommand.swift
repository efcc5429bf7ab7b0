// `offstage stats`: prints the whole store in figures, and each type's recent activity.
import OffstageCore
import OffstageMonitor

/// The command that shows figures.
enum StatsCommand {
    static let spec = CommandSpec(
        "stats", "show the jobs by state, and what each type did lately",
        options: [.value("since", "DURATION", .duration, "how far back to look, at most 72h (1h)")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let span = try context.invocation.duration("since") ?? .seconds(3600)
        guard span <= .seconds(72 * 3600) else { throw UsageError("--since must be at most 72h") }
        return try await context.withStore(to: .look) { store in
            let stats = try await Monitor(store, time: context.time).stats(last: span)
            if context.invocation.wantsJSON {
                try context.output.document(Documents.stats(stats))
            } else {
                try write(stats, to: context.output)
            }
            return .done
        }
    }

    private static func write(_ stats: StatsOverview, to output: Output) throws {
        let counts = stats.counts
        try output.line(
            JobState.allCases.map { "\(Figures.grouped(counts.total($0))) \($0.name)" }.joined(separator: ", "))
        let running = stats.workers.reduce(0) { $0 + $1.running.count }
        if stats.workers.isEmpty {
            try output.line("no workers")
        } else {
            let workers = stats.workers.count == 1 ? "1 worker runs" : "\(stats.workers.count) workers run"
            try output.line("\(workers) \(Figures.jobs(running)), at most \(stats.concurrency)")
        }
        if counts.staleRefused > 0 { try output.line("\(Figures.grouped(counts.staleRefused)) late writes refused") }
        for name in Set(counts.returns.keys).union(counts.returnsDropped.keys).sorted() {
            let dropped = counts.returnsDropped[name] ?? 0
            let lost = dropped > 0 ? ", \(Figures.grouped(dropped)) dropped unread" : ""
            try output.line("return queue \(name): \(Figures.grouped(counts.returns[name] ?? 0)) waiting\(lost)")
        }
        guard !stats.activity.isEmpty else { return }
        try output.line("")
        try output.table(Table.of(stats.activity))
    }
}
