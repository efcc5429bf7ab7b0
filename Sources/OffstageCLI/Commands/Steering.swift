// What cancel, retry, remove and reschedule have in common: they take ids, or a filter, or all; by id each job gets
// its own answer, by filter the store changes a bounded chunk a call and the command goes on until it is through.
import OffstageCore

/// The performing of a change by hand.
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
        "Names jobs by their ids, or by filters that add up, or --all. What cannot be done to one job (a running one cannot"
        + " be removed, an ended one not cancelled) is told and does not touch the others."

    /// Performs the change on what the command line selects.
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
            ids.isEmpty
                ? try await change(filter, in: store, context) : try await change(ids, in: store, context)
        }
    }

    private func change(_ ids: [JobID], in store: any Store, _ context: CommandContext) async throws -> ExitStatus {
        let isDry = context.invocation.has("dry-run")
        var status = ExitStatus.done
        for start in stride(from: 0, to: ids.count, by: Limits.batch) {
            let chunk = Array(ids[start..<min(ids.count, start + Limits.batch)])
            let reply = try await store.change(ChangeRequest(action, .ids(chunk), dryRun: isDry))
            for (id, answer) in zip(chunk, reply.answers) {
                try report(answer, for: id, isDry, context)
                switch answer {
                case .done, .removed, .asked: break
                case .refused: status = .failed
                case .notFound: if status == .done { status = .noSuchJob }
                }
            }
        }
        return status
    }

    private func report(_ answer: ChangeAnswer, for id: JobID, _ isDry: Bool, _ context: CommandContext) throws {
        let (word, state, message): (String, JobState?, String?) =
            switch answer {
            case .done(let state): ("done", state, nil)
            case .removed: ("removed", nil, nil)
            case .asked: ("asked", .running, nil)
            case .refused(let reason): ("refused", nil, reason)
            case .notFound: ("not_found", nil, "no such job")
            }
        if context.invocation.wantsJSON {
            try context.output.json { writer in
                writer.beginObject()
                writer.member("id", id)
                writer.member("answer", word)
                writer.member("state", state?.name)
                writer.member("message", message)
                writer.endObject()
            }
            return
        }
        if let message {
            return context.output.message(answer == .notFound ? "\(message): \(id)" : "\(id): \(message)")
        }
        let said =
            switch answer {
            case .asked: "runs, asked to stop"
            case .removed: "removed"
            default: "\(state?.name ?? word)"
            }
        try context.output.line("\(id)  \(isDry ? "would be \(said)" : said)")
    }

    private func change(_ filter: JobFilter, in store: any Store, _ context: CommandContext) async throws -> ExitStatus
    {
        let isDry = context.invocation.has("dry-run")
        var bar = ProgressBar(verb, total: nil, output: context.output, time: context.time)
        var changed = 0
        var refused = 0
        var cursor: String?
        repeat {
            let reply = try await store.change(ChangeRequest(action, .filter(filter, after: cursor), dryRun: isDry))
            changed += reply.changed
            refused += reply.refused
            cursor = reply.next
            bar.show(changed)
        } while cursor != nil
        bar.end()
        if context.invocation.wantsJSON {
            try context.output.json { writer in
                writer.beginObject()
                writer.member("changed", changed)
                writer.member("refused", refused)
                writer.member("dry_run", isDry)
                writer.endObject()
            }
            return .done
        }
        let others = refused > 0 ? "; \(Figures.grouped(refused)) that fit cannot be changed" : ""
        try context.output.line("\(isDry ? "would \(verb)" : "\(verb):") \(Figures.jobs(changed))\(others)")
        return .done
    }
}
