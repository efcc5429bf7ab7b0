// The common part of cancel, retry, remove and reschedule. They take ids, a filter, or `--all`. By id, each job gets
// its own result. By filter, the store changes a bounded chunk per call, and the command repeats until all are done.
import OffstageCore
import OffstageMonitor

/// Applies a change that the user asked for.
struct Steering {
    /// The word for the change, such as `cancel`.
    var verb: String
    /// The change.
    var action: ChangeAction

    static let arguments = [ArgumentSpec("ID", .id, .many, "the jobs")]
    static let options: [OptionSpec] =
        OptionSpec.filters + [
            .flag("all", "every job that it can be done to"),
            .flag("dry-run", "only tell what would be done"),
        ]
    static let details =
        "Names jobs by their ids, or by filters that add up, or --all."
        + " What cannot be done to one job (a running one cannot"
        + " be removed, an ended one not cancelled) is told and does not touch the others."

    /// Applies the change to the jobs that the command line selects.
    func run(_ context: CommandContext) async throws -> ExitStatus {
        let ids = context.invocation.arguments("ID").compactMap { JobID($0) }
        let filter = context.invocation.filter()
        let isFiltered = filter != JobFilter() || context.invocation.has("all")
        if ids.isEmpty, !isFiltered { throw UsageError("\(verb) needs ids, a filter (such as --queue) or --all") }
        if !ids.isEmpty, isFiltered { throw UsageError("\(verb) takes ids or filters, not both") }
        if filter != JobFilter(), context.invocation.has("all") {
            throw UsageError("--all and filters exclude each other")
        }
        return try await context.withStore { store in
            let monitor = Monitor(store, time: context.time)
            return ids.isEmpty
                ? try await change(filter, by: monitor, context) : try await change(ids, by: monitor, context)
        }
    }

    private func change(_ ids: [JobID], by monitor: Monitor, _ context: CommandContext) async throws -> ExitStatus {
        let isDry = context.invocation.has("dry-run")
        var status = ExitStatus.done
        for (id, answer) in zip(ids, try await monitor.change(action, ids, dryRun: isDry)) {
            switch answer {
            case .done, .removed, .asked: break
            case .refused: status = .failed
            case .notFound: if status == .done { status = .noSuchJob }
            }
            if context.invocation.wantsJSON {
                try context.output.document(Documents.change(id, answer))
            } else {
                try report(answer, for: id, isDry, context.output)
            }
        }
        return status
    }

    private func report(_ answer: ChangeAnswer, for id: JobID, _ isDry: Bool, _ output: Output) throws {
        let said: String
        switch answer {
        case .done(let state): said = state.name
        case .removed: said = "removed"
        case .asked: said = "asked to stop"
        case .refused(let refusal): return output.message("\(id): \(refusal)")
        case .notFound: return output.message(CommandFailure.noSuchJob(id).description)
        }
        try output.line("\(id)  \(isDry ? "would be \(said)" : said)")
    }

    private func change(_ filter: JobFilter, by monitor: Monitor, _ context: CommandContext) async throws -> ExitStatus
    {
        let isDry = context.invocation.has("dry-run")
        var bar = ProgressBar(verb, output: context.output, time: context.time)
        let totals = try await monitor.change(action, all: filter, dryRun: isDry) { bar.show($0.changed) }
        bar.end()
        guard !context.invocation.wantsJSON else {
            try context.output.document(Documents.changes(totals, dryRun: isDry))
            return .done
        }
        let others = totals.refused > 0 ? "; \(Figures.grouped(totals.refused)) that fit cannot be changed" : ""
        try context.output.line("\(isDry ? "would \(verb)" : "\(verb):") \(Figures.jobs(totals.changed))\(others)")
        return .done
    }
}
