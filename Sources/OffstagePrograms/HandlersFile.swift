// The file of `--handlers FILE`: one TYPE=COMMAND or TYPE retry POLICY=COMMAND per line. Empty lines and lines that
// begin with `#` are skipped.
import OffstageCore

/// A file that states which program performs which type.
public enum HandlersFile {
    /// Parses the text of a file called `name` and returns its registrations in order. Throws the first error, with the
    /// line's number.
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

/// States in one line what is wrong with a handler's definition.
public struct HandlersFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error in one line.
    public let description: String
    init(_ description: String) { self.description = description }
}
