// The commands that reach a running `offstage up` over its control socket: ps, scale, restart, down.
import OffstageComponents
import OffstageCore

/// The commands for a running app.
enum SteerCommands {
    static let ps = CommandSpec(
        "ps", "list the processes of a running app", options: [AppFolder.option],
        run: { context in
            let answer = try await AppFolder.ask(.list, context)
            guard case .array(let processes)? = answer["processes"] else { throw CommandFailure("no list came") }
            if context.invocation.wantsJSON {
                try context.output.json { $0.value(.array(processes)) }
            } else {
                try context.output.table(table(processes))
            }
            return .done
        })

    static let scale = CommandSpec(
        "scale", "set how many processes a component of a running app has",
        details: "It holds until the app is started anew; scale in boxfile.yml holds from then on. If new processes do"
            + " not come up, the reasons are told, with status 1, and they are tried again.",
        arguments: [ArgumentSpec("COMPONENT=N", .pair, .many, "a web or worker component and a number from 0 to 256")],
        options: [AppFolder.option],
        run: { context in
            let pairs = try context.invocation.arguments("COMPONENT=N").map { text in
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, let count = Int(parts[1]), (0...256).contains(count) else {
                    throw UsageError("'\(text)' must be COMPONENT=N with a number from 0 to 256")
                }
                return (try AppFolder.component(String(parts[0])), count)
            }
            guard !pairs.isEmpty else { throw UsageError("scale needs COMPONENT=N, such as worker.main=4") }
            for (name, count) in pairs { _ = try await AppFolder.ask(.scale(name, count), context) }
            return .done
        })

    static let restart = CommandSpec(
        "restart", "replace the processes of a component, one at a time",
        details: "A new process is up before the old one is told to stop, and the old one has the component's"
            + " stop_timeout to finish what it does. If a new one does not come up, the old one stays and the rest are"
            + " left alone. A data component is stopped first, and its users see it gone for a moment.",
        arguments: [ArgumentSpec("COMPONENT", .text, .many, "such as worker.main")], options: [AppFolder.option],
        run: { context in
            let names = try context.invocation.arguments("COMPONENT").map(AppFolder.component)
            guard !names.isEmpty else { throw UsageError("restart needs a component, such as worker.main") }
            for name in names { _ = try await AppFolder.ask(.restart(name), context) }
            return .done
        })

    static let down = CommandSpec(
        "down", "stop a running app and wait until everything is gone", options: [AppFolder.option],
        run: { context in
            let folders = try AppFolder.folders(context)
            guard try await ControlClient.ask(.down, folders) != nil else {
                throw CommandFailure("no offstage up runs in \(folders.app)")
            }
            for _ in 0..<200 {
                if try FolderLock.take(folders.lock) != nil { return .done }
                try await context.time.sleep(for: .milliseconds(50))
            }
            throw CommandFailure("everything is stopped, but offstage up has not ended yet")
        })

    private static func table(_ processes: [JSON]) -> Table {
        var table = Table("component", "instance", "state", "#pid", "#port", "#memory", "#restarts", "last end")
        for one in processes {
            let isFailing = one["failing"] == .bool(true)
            let isLeaving = one["leaving"] == .bool(true)
            let state = one["state"]?.stringValue ?? ""
            let shown = isFailing ? "failing" : isLeaving ? "leaving" : state
            let colour: Style.Colour = isFailing ? .red : state == "running" ? .green : .yellow
            let age = one["seconds"]?.integerValue.map { " \($0)s" } ?? ""
            func number(_ name: String) -> String { one[name]?.integerValue.map(String.init) ?? "" }
            let memory = one["memory"]?.integerValue.map { "\($0 >> 20)M" } ?? ""
            table.add([
                .init(one["component"]?.stringValue ?? ""), .init(one["instance"]?.stringValue ?? ""),
                .init(shown + age, colour), .init(number("pid")), .init(number("port")), .init(memory),
                .init(number("restarts")), .init(one["last_end"]?.stringValue ?? ""),
            ])
        }
        return table
    }
}
