// A command line, and a check whether it can be started at all. A worker that learns of a missing program only from its
// first job would waste that job's attempts. The check must refuse nothing that the shell would run. So the shell
// itself parses the line, without running it, to find syntax errors. Beyond that only the first word is checked. If the
// check cannot decide, the line passes.
import CSystem
import OffstageCore
import OffstageSystem

/// A line for `/bin/sh -c`, and the environment in which it runs.
public struct ProgramCommand: Sendable, Hashable {
    /// The line for the shell.
    public let line: String
    /// The environment that the command inherits.
    public let environment: [String: String]

    /// Creates a command.
    public init(_ line: String, environment: [String: String]) {
        self.line = line
        self.environment = environment
    }

    /// Throws an error of one line if the command certainly cannot be started. Accesses the file system and runs the
    /// shell's parser, so it may block.
    public func check() throws(ProgramCommandError) {
        guard !line.utf8.contains(0) else { throw ProgramCommandError("the command holds a null byte") }
        switch FirstWord(of: line) {
        case .blank: throw ProgramCommandError("the command is empty")
        case .unknowable: break
        case .word(let word):
            if word.contains("/") {
                try checkPath(word)
            } else if !FirstWord.builtins.contains(word) {
                try checkSearch(word)
            }
        }
        try checkSyntax()
    }

    private func checkSyntax() throws(ProgramCommandError) {
        // The shell reads several lines one after the other, and may never reach a wrong one.
        guard !line.utf8.contains(UInt8(ascii: "\n")) else { return }
        var said = [CChar](repeating: 0, count: 512)
        guard offstage_shell_refuses(line, &said, said.count) == 1 else { return }
        let text = String(decoding: said.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let reason = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        // The shell may also have failed for lack of memory.
        guard ["yntax error", "nexpected", "parse error"].contains(where: { reason.contains($0) }) else { return }
        throw ProgramCommandError("the shell cannot read the command: \(reason)")
    }

    private func checkPath(_ path: String) throws(ProgramCommandError) {
        let shown = Names.quoted(path)
        switch Self.kind(path) {
        case .missing: throw ProgramCommandError("\(shown) does not exist")
        case .directory: throw ProgramCommandError("\(shown) is a directory")
        case .notExecutable: throw ProgramCommandError("\(shown) is not executable (chmod +x makes it so)")
        case .executable: return
        }
    }

    private func checkSearch(_ word: String) throws(ProgramCommandError) {
        // The path that the shell uses if PATH is not set.
        let path = environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        // Some shells expand a tilde here, read a percent sign as a marker for built-in commands, or inherit functions.
        guard !path.utf8.contains(UInt8(ascii: "~")), !path.utf8.contains(UInt8(ascii: "%")),
            !environment.keys.contains(where: { $0.hasPrefix("BASH_FUNC_\(word)") })
        else { return }
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            if Self.kind("\(folder.isEmpty ? "." : folder)/\(word)") == .executable { return }
        }
        throw ProgramCommandError("\(Names.quoted(word)) is no command on the PATH")
    }

    private enum Kind {
        case missing, directory, notExecutable, executable
    }

    private static func kind(_ path: String) -> Kind {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return errno == EACCES ? .notExecutable : .missing }
        if facts.st_mode & S_IFMT == S_IFDIR { return .directory }
        return access(path, X_OK) == 0 ? .executable : .notExecutable
    }
}

/// States in one line why a command cannot be started.
public struct ProgramCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error in one line.
    public let description: String
    init(_ description: String) { self.description = description }
}
