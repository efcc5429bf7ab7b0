// Which program performs which type, as `--handler TYPE=COMMAND` says it and as each line of a handlers file says it.
// The first `=` parts the two, as the name of a type cannot hold one and a command may.
import OffstageCore

/// A type and the command that performs it.
public struct ProgramRegistration: Sendable, Hashable {
    /// The type's name.
    public let type: String
    /// The line for the shell.
    public let command: String

    /// Reads `TYPE=COMMAND`; throws one line that says what is wrong with it.
    public init(parsing text: String) throws(HandlersFileError) {
        let usage = "a handler is written TYPE=COMMAND"
        guard let equals = text.firstIndex(of: "=") else {
            throw HandlersFileError("\(Names.quoted(text)) has no '='; \(usage)")
        }
        type = Self.trimmed(text[..<equals])
        command = Self.trimmed(text[text.index(after: equals)...])
        do throws(InvalidJob) {
            try Names.check(type, what: "type")
        } catch {
            throw HandlersFileError("\(error); \(usage)")
        }
        guard !command.isEmpty else { throw HandlersFileError("type \(Names.quoted(type)) has no command; \(usage)") }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
