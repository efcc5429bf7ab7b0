// Which program performs which type, as `--handler TYPE=COMMAND` says it and as a file says it: one a line, lines that
// begin with `#` and empty ones left out. The first `=` parts the two, as a type's name cannot hold one and a command
// may.
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

/// A file that says which program performs which type.
public enum HandlersFile {
    /// Reads the text of a file called `name`; throws the first thing that is wrong, with the line's number.
    public static func parse(_ text: String, name: String) throws(HandlersFileError) -> [ProgramRegistration] {
        var found: [ProgramRegistration] = []
        var lines: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let start = line.drop { $0.isWhitespace }
            if start.isEmpty || start.first == "#" { continue }
            let registration: ProgramRegistration
            do throws(HandlersFileError) {
                registration = try ProgramRegistration(parsing: String(start))
            } catch {
                throw HandlersFileError("\(name):\(index + 1): \(error)")
            }
            if let earlier = lines.updateValue(index + 1, forKey: registration.type) {
                let type = Names.quoted(registration.type)
                throw HandlersFileError("\(name):\(index + 1): type \(type) has a handler in line \(earlier) already")
            }
            found.append(registration)
        }
        return found
    }
}

/// Says in one line what is wrong with a handler's definition.
public struct HandlersFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line.
    public let description: String
    init(_ description: String) { self.description = description }
}
