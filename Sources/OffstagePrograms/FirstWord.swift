// As much of the shell's grammar as is needed to find the name of the program that a line starts with. Leading blanks,
// comments and assignments are skipped; quotes and backslashes are removed. Anything else (an expansion, a redirection,
// a group, a keyword, a function, a change of PATH) makes the result unknowable, and then nothing is refused, because a
// wrong check would keep a worker from starting. The line is read as bytes, as the shell reads it.

/// The word that a shell command line starts with.
enum FirstWord: Equatable {
    /// The line is blank.
    case blank
    /// Only the shell can determine the word.
    case unknowable
    /// A plain word.
    case word(String)

    /// Commands that need no file; some of them exist only in some shells.
    static let builtins: Set<String> = [
        ".", ":", "[", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "chdir", "command", "compgen",
        "complete", "compopt", "continue", "declare", "dirs", "disown", "echo", "enable", "eval", "exec", "exit",
        "export", "false", "fc", "fg", "getopts", "hash", "help", "history", "jobs", "kill", "let", "local", "logout",
        "mapfile", "newgrp", "popd", "print", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return",
        "set", "shift", "shopt", "source", "suspend", "test", "times", "trap", "true", "type", "typeset", "ulimit",
        "umask", "unalias", "unset", "wait", "whence",
    ]

    private static let keywords: Set<String> = [
        "if", "then", "else", "elif", "fi", "while", "until", "for", "do", "done", "case", "esac", "in", "function",
        "select", "time", "coproc", "namespace", "!", "{", "}", "[[", "]]",
    ]

    init(of line: String) {
        var scanner = WordScanner(line)
        self = Self.find(&scanner) ?? .unknowable
    }

    /// Nil if only the shell can determine the word.
    private static func find(_ scanner: inout WordScanner) -> FirstWord? {
        var hasSeenAny = false
        while true {
            scanner.skipBlanksAndComments()
            guard !scanner.isAtEnd else { return hasSeenAny || scanner.hasComment ? nil : .blank }
            hasSeenAny = true
            guard let word = scanner.takeWord() else { return nil }
            if word.isPlain, keywords.contains(word.text) { return nil }
            if let name = word.assigned {
                // The shell would look up, or even parse, the following command in another way.
                if ["PATH", "IFS", "ENV", "BASH_ENV", "POSIXLY_CORRECT"].contains(name) { return nil }
                continue
            }
            if word.isPlain, word.text == "exec" {
                // A command that replaces the shell, or a change of the shell's own descriptors or options.
                scanner.skipBlanks()
                guard let next = scanner.next, !"<>;&|-#()\n".utf8.contains(next) else { return nil }
                continue
            }
            // `foo () { … }` defines a function.
            scanner.skipBlanks()
            return scanner.next == UInt8(ascii: "(") ? nil : .word(word.text)
        }
    }
}

/// Takes words from a command line.
private struct WordScanner {
    /// A word without its quotes.
    struct Word {
        var text: String
        /// Whether it was written without quotes.
        var isPlain: Bool
        /// The variable's name, if the word is an assignment.
        var assigned: String?
    }

    private var rest: ArraySlice<UInt8>
    private(set) var hasComment = false

    init(_ line: String) { rest = Array(line.utf8)[...] }

    var isAtEnd: Bool { rest.isEmpty }
    var next: UInt8? { rest.first }

    mutating func skipBlanks() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    mutating func skipBlanksAndComments() {
        while true {
            rest = rest.drop { " \t\n".utf8.contains($0) }
            guard rest.first == UInt8(ascii: "#") else { return }
            hasComment = true
            rest = rest.drop { $0 != UInt8(ascii: "\n") }
        }
    }

    /// Nil if there is no word, or the word contains something that only the shell can evaluate.
    mutating func takeWord() -> Word? {
        var bytes: [UInt8] = []
        var isPlain = true
        var assigned: String?
        while let byte = rest.first, !" \t\n;&|<>".utf8.contains(byte) {
            rest.removeFirst()
            switch byte {
            case UInt8(ascii: "'"):
                isPlain = false
                guard let end = rest.firstIndex(of: byte) else { return nil }
                bytes += rest[..<end]
                rest = rest[(end + 1)...]
            case UInt8(ascii: "\""):
                isPlain = false
                guard let quoted = takeQuoted() else { return nil }
                bytes += quoted
            case UInt8(ascii: "\\"):
                isPlain = false
                guard let escaped = rest.popFirst() else { return nil }
                // The line continues on the next one.
                if escaped != UInt8(ascii: "\n") { bytes.append(escaped) }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                // A lone bracket is a command, a lone brace a keyword.
                guard bytes.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: " ") else { return nil }
                bytes.append(byte)
            case UInt8(ascii: "="):
                if isPlain, assigned == nil, Self.isName(bytes) { assigned = String(decoding: bytes, as: UTF8.self) }
                // `a+=b` is an assignment in some shells.
                if isPlain, assigned == nil, bytes.last == UInt8(ascii: "+") { return nil }
                bytes.append(byte)
            default:
                guard !"$`*?~()".utf8.contains(byte) else { return nil }
                bytes.append(byte)
            }
        }
        // `2>file` is a redirection; only the shell knows what such a number means.
        let isNumber = isPlain && bytes.allSatisfy { (48...57).contains($0) }
        if isNumber, rest.first == UInt8(ascii: "<") || rest.first == UInt8(ascii: ">") { return nil }
        guard !bytes.isEmpty || !isPlain, !bytes.contains(0) else { return nil }
        return Word(text: String(decoding: bytes, as: UTF8.self), isPlain: isPlain, assigned: assigned)
    }

    /// The rest of a text in double quotes, in which a backslash before most characters is literal.
    private mutating func takeQuoted() -> [UInt8]? {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "$"), UInt8(ascii: "`"): return nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                if escaped == UInt8(ascii: "\n") { continue }
                if !"$`\"\\".utf8.contains(escaped) { bytes.append(byte) }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private static func isName(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || (48...57).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (97...122).contains(byte | 32)
    }
}
