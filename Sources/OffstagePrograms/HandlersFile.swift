// The file behind `--handlers FILE`: one TYPE=COMMAND, or TYPE retry POLICY=COMMAND, a line; lines that begin with `#`
// and empty ones are left out.
import OffstageCore

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
