// `offstage logs`: what components wrote, from the files, so that it works whether or not the app runs.
import OffstageComponents
import OffstageCore

/// The command that shows logs.
enum LogsCommand {
    static let spec = CommandSpec(
        "logs", "show what components wrote",
        details: "Logs are in .offstage/logs, 10 MiB and two older parts of each component.",
        arguments: [ArgumentSpec("COMPONENT", .text, .many, "those to show, such as worker.main (all)")],
        options: [
            AppFolder.option, .flag("follow", "go on with what comes, until Ctrl-C (-f is the same)"),
            .value("lines", "N", .count(0...100_000), "how many of the last lines (100)"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let folders = try AppFolder.folders(context)
        let known = LogTail.components(folder: folders.logs)
        let wanted = context.invocation.arguments("COMPONENT")
        let follows = context.invocation.has("follow")
        for name in wanted where !known.contains(name) && !follows {
            throw CommandFailure("\(name) has no log; there are \(known.joined(separator: ", "))")
        }
        let names = wanted.isEmpty ? known : wanted
        let view = LogView(style: context.output.style, names: known, json: context.invocation.wantsJSON)
        var tails = names.map { LogTail(folder: folders.logs, component: $0) }
        let count = context.invocation.count("lines") ?? 100
        let last = sorted(tails.flatMap { $0.last(count) })
        try show(last.suffix(count), view, context)
        while follows {
            // One that writes faster than this looks is not waited for: its older parts make room.
            if !tails.contains(where: { $0.isBehind }) { try await context.time.sleep(for: .milliseconds(200)) }
            if wanted.isEmpty {
                let fresh = LogTail.components(folder: folders.logs).filter { name in
                    !tails.contains { $0.component == name }
                }
                tails += fresh.map { LogTail(folder: folders.logs, component: $0) }
            }
            try show(sorted(tails.flatMap { $0.more() })[...], view, context)
        }
        return .done
    }

    /// By time; lines of one component stay in their order.
    private static func sorted(_ lines: [LogLine]) -> [LogLine] {
        lines.enumerated().sorted { one, other in
            one.element.time == other.element.time ? one.offset < other.offset : one.element.time < other.element.time
        }.map(\.element)
    }

    private static func show(_ lines: ArraySlice<LogLine>, _ view: LogView, _ context: CommandContext) throws {
        for line in lines { try context.output.results(view.bytes(line)) }
        try context.output.flush()
    }
}
