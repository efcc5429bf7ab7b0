// Parses the words of a command line into an invocation, by the command table alone. `--name value` and `--name=value`
// are the same; `--` ends the options; a lone `-` and negative numbers are arguments.

import OffstageCore

/// The parser of command lines.
struct CommandParser {
    /// What the command line asks for.
    enum Request {
        /// Run a command.
        case run(Invocation)
        /// Show help, for one command or for all.
        case help(CommandSpec?)
        /// Show the version.
        case version
    }

    /// All commands.
    var commands: [CommandSpec]

    /// Parses words, without the program's name.
    func parse(_ words: [String]) throws(UsageError) -> Request {
        guard let first = words.first else { return .help(nil) }
        switch first {
        case "--help", "-h": return .help(nil)
        case "--version": return .version
        case "help": return .help(try words.dropFirst().first.map { name throws(UsageError) in try command(name) })
        default: break
        }
        // An option before the command (`offstage --store X jobs`) belongs to it.
        var rest = words
        var early: [String] = []
        while let word = rest.first, word.hasPrefix("--"), word != "--" {
            guard let option = OptionSpec.common.first(where: { "--\($0.name)" == word.prefix { $0 != "=" } }) else {
                throw UsageError(
                    "unknown option \(UsageError.shown(word)) before the command", given: word,
                    known: ["--store", "--json"])
            }
            early.append(rest.removeFirst())
            if option.placeholder != nil, !word.contains("="), !rest.isEmpty { early.append(rest.removeFirst()) }
        }
        guard let name = rest.first else { throw UsageError("no command given; see --help") }
        let spec = try command(name)
        let invocation = try parse(early + rest.dropFirst(), for: spec)
        return invocation.has("help") ? .help(spec) : .run(invocation)
    }

    private func command(_ name: String) throws(UsageError) -> CommandSpec {
        guard let command = commands.first(where: { $0.name == name }) else {
            let shown = NearestName.of(name, among: commands.map(\.name)) == nil ? "; see --help" : ""
            throw UsageError(
                "unknown command '\(UsageError.shown(name))'\(shown)", given: name, known: commands.map(\.name))
        }
        return command
    }

    private func parse(_ words: [String], for command: CommandSpec) throws(UsageError) -> Invocation {
        var invocation = Invocation(command: command)
        var positional: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                break
            }
            if word == "-h" {
                invocation.optionValues["help"] = [""]
            } else if word == "-f", command.options.contains(where: { $0.name == "follow" }) {
                // `-f` works as in `tail`.
                invocation.optionValues["follow"] = [""]
            } else if isOption(word) {
                try option(word, &rest, &invocation)
            } else {
                positional.append(word)
            }
        }
        if !invocation.has("help") { try assign(positional, to: &invocation) }
        return invocation
    }

    private func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), word.count > 1 else { return false }
        return word.dropFirst().first.map { !$0.isNumber && $0 != "." } ?? false
    }

    private func option(
        _ word: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation
    ) throws(UsageError) {
        let known = invocation.command.allOptions
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let option = known.first(where: { "--\($0.name)" == parts[0] }) else {
            throw UsageError(
                "unknown option \(parts[0]) for '\(invocation.command.name)'", given: String(parts[0]),
                known: known.map { "--\($0.name)" })
        }
        var value = ""
        if option.placeholder == nil {
            guard parts.count == 1 else { throw UsageError("--\(option.name) takes no value") }
        } else if parts.count == 2 {
            value = String(parts[1])
        } else {
            guard let next = rest.first, !next.hasPrefix("--") else {
                throw UsageError("--\(option.name) needs a value: \(option.usage)")
            }
            value = next
            rest.removeFirst()
        }
        guard option.isRepeatable || !invocation.has(option.name) || option.placeholder == nil else {
            throw UsageError("--\(option.name) is given twice")
        }
        if option.placeholder != nil { try option.kind.check(value, for: "--\(option.name)") }
        invocation.optionValues[option.name, default: []].append(value)
    }

    private func assign(_ words: [String], to invocation: inout Invocation) throws(UsageError) {
        var rest = words[...]
        for argument in invocation.command.arguments {
            let taken: ArraySlice<String>
            switch argument.arity {
            case .one, .optional: taken = rest.prefix(1)
            case .many: taken = rest
            }
            rest = rest.dropFirst(taken.count)
            if taken.isEmpty, argument.arity == .one {
                throw UsageError("\(invocation.command.name) needs \(argument.name) (\(argument.help))")
            }
            for word in taken { try argument.kind.check(word, for: argument.name) }
            if !taken.isEmpty { invocation.argumentValues[argument.name] = Array(taken) }
        }
        if let extra = rest.first {
            throw UsageError("'\(UsageError.shown(extra))' is one argument too many for '\(invocation.command.name)'")
        }
    }
}
