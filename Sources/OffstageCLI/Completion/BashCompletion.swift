// Writes the script with which bash completes commands, options and the words that options take.

/// The completion script for bash.
struct BashCompletion {
    /// The program's name, as the user calls it.
    var program: String
    /// All commands.
    var commands: [CommandSpec]

    /// Returns the script, to be read with `source`.
    func script() -> String {
        let function = "_" + program.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
        let names = commands.map(\.name)
        let common = OptionSpec.common.map { "--\($0.name)" }
        return """
            # bash completion for \(program); read it with: source <(\(program) completion bash)
            \(function)() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word
                for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
                    case $word in
                    \(names.joined(separator: "|"))) command=$word; break ;;
                    esac
                done
                COMPREPLY=()
                case "$command $previous" in
            \(valueCases().joined(separator: "\n"))
                esac
                case $command in
                '') COMPREPLY=($(compgen -W '\((names + common).joined(separator: " "))' -- "$current")) ;;
            \(commandCases().joined(separator: "\n"))
                esac
            }
            complete -F \(function) \(program)
            """
    }

    /// Returns the cases for an option that takes a value: its words, a file, or nothing.
    private func valueCases() -> [String] {
        commands.flatMap { command in
            command.allOptions.filter { $0.placeholder != nil }.map { option in
                let reply: String
                switch option.kind {
                case .oneOf(let words):
                    reply = "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\")); "
                case .file: reply = "COMPREPLY=($(compgen -f -- \"$current\")); "
                default: reply = ""
                }
                return "    '\(command.name) --\(option.name)') \(reply)return ;;"
            }
        }
    }

    private func commandCases() -> [String] {
        commands.map { command in
            var words = command.allOptions.map { "--\($0.name)" }
            var files = ""
            for argument in command.arguments {
                if case .oneOf(let choices) = argument.kind { words += choices }
                if argument.kind == .file { files = " -f" }
            }
            let list = words.joined(separator: " ")
            return "    \(command.name)) COMPREPLY=($(compgen\(files) -W '\(list)' -- \"$current\")) ;;"
        }
    }
}
