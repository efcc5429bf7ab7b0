// Which program performs which type, as `--handler TYPE=COMMAND` says it and as each line of a handlers file says it.
// The first `=` parts the two, as the name of a type cannot hold one and a command may. Before it, behind the type,
// there may be how the type's jobs are tried again.
import OffstageCore

/// A type and the command that performs it.
public struct ProgramRegistration: Sendable, Hashable {
    /// The type's name.
    public let type: String
    /// The line for the shell.
    public let command: String
    /// How its jobs are tried again, in the words of RetryText; nil if nothing is said.
    public let retry: String?

    /// Reads `TYPE=COMMAND` or `TYPE retry POLICY=COMMAND`; throws one line that says what is wrong with it.
    public init(parsing text: String) throws(HandlersFileError) {
        let usage = "a handler is written TYPE=COMMAND"
        guard let equals = text.firstIndex(of: "=") else {
            throw HandlersFileError("\(Names.quoted(text)) has no '='; \(usage)")
        }
        let left = Self.trimmed(text[..<equals])
        let words = left.split(whereSeparator: \.isWhitespace).map(String.init)
        let hasRetry = words.count == 3 && words[1] == "retry"
        type = hasRetry ? words[0] : left
        retry = hasRetry ? words[2] : nil
        command = Self.trimmed(text[text.index(after: equals)...])
        do throws(InvalidJob) {
            try Names.check(type, what: "type")
        } catch {
            throw HandlersFileError("\(error); \(usage)")
        }
        if let retry { _ = try RetryText.parse(retry) }
        guard !command.isEmpty else { throw HandlersFileError("type \(Names.quoted(type)) has no command; \(usage)") }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
