// Builds help from the command table.

/// The text of `--help`.
struct HelpText {
    private static let width = 80

    /// The program's name, as the user calls it.
    var program: String
    /// The commands, in groups.
    var groups: [CommandGroup]

    /// Returns the help for all commands.
    func overview() -> String {
        var lines = [
            "\(program): put jobs on a queue, work them behind the scenes, watch and steer them", "",
            "Usage: \(program) COMMAND [ARGUMENTS] [OPTIONS]",
        ]
        let width = groups.flatMap(\.commands).map(\.name.count).max() ?? 0
        for group in groups {
            lines += ["", group.title]
            for command in group.commands { lines += Self.entry(command.name, command.summary, column: width) }
        }
        lines += ["", "Every command takes"]
        lines += Self.entries(OptionSpec.common.map { ($0.usage, $0.help) })
        lines += [
            "", "'\(program) COMMAND --help' says more. Exit status: 0 done, 1 failed, 2 wrong usage, 3 no such job.",
        ]
        return lines.joined(separator: "\n")
    }

    /// Returns the help for one command.
    func command(_ command: CommandSpec) -> String {
        let arguments = command.arguments.map { " " + $0.usage }.joined()
        var lines = ["Usage: \(program) \(command.name)\(arguments) [OPTIONS]", "", Self.sentence(command.summary)]
        for paragraph in command.details.split(separator: "\n") {
            lines += [""] + Self.wrapped(String(paragraph), indent: 0)
        }
        if !command.arguments.isEmpty {
            lines += ["", "Arguments"]
            lines += Self.entries(command.arguments.map { ($0.name, Self.help($0.help, $0.kind)) })
        }
        lines += ["", "Options"]
        lines += Self.entries(command.allOptions.map { ($0.usage, Self.help(of: $0)) })
        return lines.joined(separator: "\n")
    }

    private static func help(of option: OptionSpec) -> String {
        help(option.help, option.kind) + (option.isRepeatable ? "; may be repeated" : "")
    }

    private static func help(_ text: String, _ kind: ValueKind) -> String {
        if case .oneOf(let words) = kind { return "\(text): \(words.joined(separator: ", "))" }
        return text
    }

    private static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private static func entries(_ entries: [(name: String, help: String)]) -> [String] {
        let column = min(26, entries.map(\.name.count).max() ?? 0)
        return entries.flatMap { entry($0.name, $0.help, column: column) }
    }

    private static func entry(_ name: String, _ help: String, column: Int) -> [String] {
        let body = wrapped(help, indent: column + 4)
        guard name.count <= column else { return ["  " + name] + body }
        let padding = String(repeating: " ", count: column - name.count)
        return ["  \(name)\(padding)  \(body.first?.dropFirst(column + 4) ?? "")"] + body.dropFirst()
    }

    private static func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return lines + [margin + line]
    }
}
