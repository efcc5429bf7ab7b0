// Writes the script with which zsh completes commands, options and the words that options take, each with its help.

/// The completion script for zsh.
struct ZshCompletion {
    /// The program's name, as the user calls it.
    var program: String
    /// All commands.
    var commands: [CommandSpec]

    /// Returns the script, to be saved as `_program` in a folder of `$fpath`.
    func script() -> String {
        let function = "_" + program.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
        let described = commands.map { "        '\($0.name):\(Self.escaped($0.summary))'" }
        return """
            #compdef \(program)
            # zsh completion for \(program); save it as _\(program) in a folder of $fpath
            \(function)() {
                local -a commands=(
            \(described.joined(separator: "\n"))
                )
                if (( CURRENT == 2 )); then
                    _describe command commands
                    return
                fi
                local command=$words[2]
                shift words
                (( CURRENT-- ))
                case $command in
            \(commands.map(Self.commandCase).joined(separator: "\n"))
                esac
            }
            if [ "$funcstack[1]" = "\(function)" ]; then \(function) "$@"; else compdef \(function) \(program); fi
            """
    }

    private static func commandCase(_ command: CommandSpec) -> String {
        let options = command.allOptions.map { option in
            let name = option.isRepeatable ? "*--\(option.name)" : "--\(option.name)"
            let value = option.placeholder.map { ":\(escaped($0)):\(action(option.kind))" } ?? ""
            return "'\(name)[\(escaped(option.help))]\(value)'"
        }
        let arguments = command.arguments.map { argument in
            let place = argument.arity == .many ? "*" : argument.arity == .optional ? ":" : ""
            return "'\(place):\(escaped(argument.name)):\(action(argument.kind))'"
        }
        let all = (options + arguments).joined(separator: " \\\n            ")
        return "    \(command.name))\n        _arguments \\\n            \(all) ;;"
    }

    private static func action(_ kind: ValueKind) -> String {
        switch kind {
        case .oneOf(let words): "(\(words.joined(separator: " ")))"
        case .file: "_files"
        default: ""
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "'": result += "'\\''"
            case ":", "[", "]", "\\": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }
}
