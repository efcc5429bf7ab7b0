// Which program performs which type, as written in `--handler TYPE=COMMAND` and in each line of a handlers file. The
// first `=` separates the two, because a type's name cannot contain one and a command may. Between the type and the `=`
// there may be a retry policy for the type's jobs.
import OffstageCore

/// A type and the command that performs it.
public struct ProgramRegistration: Sendable, Hashable {
    /// The type's name.
    public let type: String
    /// The command line for the shell.
    public let command: String
    /// The retry policy of its jobs, in the syntax of RetryText; nil if none is given.
    public let retry: String?

    /// Parses `TYPE=COMMAND` or `TYPE retry POLICY=COMMAND`. Throws an error of one line that states what is wrong.
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
