// As much of the shell's grammar as it takes to find the name of the program a line starts with: leading blanks and
// assignments are passed over, quotes and backslashes undone. Anything else that the shell would work out (expansions,
// groups, keywords) is unknowable here.

/// The word that a shell command line starts with.
enum FirstWord: Equatable {
    /// There is none: the line is empty or a comment.
    case none
    /// Only the shell can tell.
    case unknowable
    /// A plain word.
    case word(String)

    /// Commands that need no file; some of them exist in some shells only.
    static let builtins: Set<String> = [
        ".", ":", "[", "alias", "break", "builtin", "cd", "command", "continue", "declare", "echo", "eval", "exec",
        "exit", "export", "false", "hash", "kill", "local", "printf", "pwd", "read", "readonly", "return", "set",
        "shift", "source", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset",
        "wait",
    ]

    private static let keywords: Set<String> = [
        "if", "while", "until", "for", "case", "function", "select", "time", "!", "{",
    ]

    init(of line: String) {
        var rest = Substring(line)
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" }
            guard let first = rest.first else {
                self = .none
                return
            }
            if first == "#" {
                rest = rest.drop { $0 != "\n" }
                continue
            }
            guard let (word, isPlain) = Self.takeWord(&rest) else {
                self = .unknowable
                return
            }
            if isPlain, Self.keywords.contains(word) {
                self = .unknowable
                return
            }
            if Self.isAssignment(word) { continue }
            if word == "exec", isPlain, !rest.drop(while: { $0 == " " }).isEmpty { continue }
            self = .word(word)
            return
        }
    }

    /// Takes a word off the line and tells whether it was written without quotes; nil if it holds what only the shell
    /// works out.
    private static func takeWord(_ rest: inout Substring) -> (word: String, isPlain: Bool)? {
        var word = ""
        var isPlain = true
        var quote: Character?
        while let next = rest.first {
            if quote == nil, " \t\n;&|<>".contains(next) { break }
            rest.removeFirst()
            switch (next, quote) {
            case ("'", nil), ("\"", nil):
                quote = next
                isPlain = false
            case (_, let open?) where next == open: quote = nil
            case (_, "'"): word.append(next)
            case ("\\", _):
                isPlain = false
                if let escaped = rest.popFirst() { word.append(escaped) }
            case ("$", _), ("`", _): return nil
            case ("*", nil), ("?", nil), ("[", nil), ("~", nil), ("(", nil), (")", nil), ("{", nil):
                // A lone bracket is a command, a lone brace a keyword.
                let isLone = word.isEmpty && (rest.isEmpty || rest.first == " ")
                guard isLone, next == "[" || next == "{" else { return nil }
                word.append(next)
            default: word.append(next)
            }
        }
        if word.isEmpty, isPlain { return nil }
        return quote == nil ? (word, isPlain) : nil
    }

    private static func isAssignment(_ word: String) -> Bool {
        let bytes = word.utf8
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), let first = bytes.first else { return false }
        return isLetter(first) && bytes[..<equals].allSatisfy { isLetter($0) || (48...57).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (97...122).contains(byte | 32)
    }
}
