// `offstage logs`: shows what components wrote. It reads the files, so it works whether or not the app runs.
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
        try check(wanted, known, folders, follows: follows)
        let names = wanted.isEmpty ? known : wanted
        let view = LogView(
            style: context.output.style, names: known, json: context.invocation.wantsJSON,
            isForTerminal: context.output.isTerminal)
        var tails = names.map { LogTail(folder: folders.logs, component: $0) }
        let count = context.invocation.count("lines") ?? 100
        let last = sorted(tails.flatMap { $0.last(count) })
        try show(last.suffix(count), view, context)
        while follows {
            // Do not sleep while a component writes faster than this reads: its older files would be deleted before
            // they are read.
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

    /// Fails at once for a name that can have no log, so that `--follow` does not wait for it forever.
    private static func check(
        _ wanted: [String], _ known: [String], _ folders: AppFolders, follows: Bool
    ) throws {
        var all = known
        if follows {
            let boxfile = try? Boxfile.load(path: "\(folders.app)/\(Boxfile.defaultName)")
            // A storage component is a folder and has no log.
            let speaking = boxfile?.order.filter { boxfile?.data($0)?.service != .storage } ?? []
            all += (speaking.map(\.description) + ["proxy", "offstage"]).filter { !known.contains($0) }
        }
        guard let name = wanted.first(where: { !all.contains($0) }) else { return }
        let there = all.isEmpty ? "nothing was written here yet" : "there are \(all.joined(separator: ", "))"
        let nearest = NearestName.of(name, among: all).map { "; did you mean \($0)?" } ?? ""
        throw CommandFailure("\(name) has no log; \(there)\(nearest)")
    }

    /// Sorts lines by time; lines of one component keep their order.
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
