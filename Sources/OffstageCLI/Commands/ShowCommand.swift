// `offstage show ID`: prints everything known about one job.
import OffstageCore
import OffstageMonitor

/// The command that shows a job.
enum ShowCommand {
    static let spec = CommandSpec(
        "show", "show everything about a job",
        arguments: [ArgumentSpec("ID", .id, .one, "the job")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore(to: .look) { store in
            let record = try await Monitor(store, time: context.time).existing(try context.invocation.id())
            if context.invocation.wantsJSON {
                try context.output.document(Documents.job(record))
                return .done
            }
            let facts = JobText.facts(record)
            let width = facts.map(\.name.count).max() ?? 0
            for fact in facts {
                let name = fact.name + String(repeating: " ", count: width - fact.name.count)
                let lines = Printable.lines(fact.value).split(separator: "\n", omittingEmptySubsequences: false)
                let indent = "\n" + String(repeating: " ", count: width + 2)
                let value = lines.joined(separator: indent)
                let colour: Style.Colour? = fact.name == "error" ? .red : fact.name == "state" ? .of(record.state) : nil
                try context.output.line(
                    "\(context.output.style(.dim, name))  \(colour.map { context.output.style($0, value) } ?? value)")
            }
            return .done
        }
    }
}
