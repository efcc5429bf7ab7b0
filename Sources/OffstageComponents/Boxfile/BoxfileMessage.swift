// A message about a file: always one line, `file:line:column: text`, the form that editors and consoles make clickable.

/// One finding in a boxfile: what is wrong or worth knowing, where, and what to do about it.
public struct BoxfileMessage: Sendable, Hashable, CustomStringConvertible {
    /// The severity of a finding.
    public enum Severity: String, Sendable, Hashable {
        /// The file cannot be used.
        case error
        /// Something in the file has no effect.
        case warning
        /// Something works in another way than the file may suggest.
        case note
    }

    /// The file's name as it was given.
    public let file: String
    /// The place in the file; nil if the file could not be read at all.
    public let place: BoxfilePlace?
    /// The severity.
    public let severity: Severity
    /// What is wrong and what to do, without the place.
    public let text: String

    init(file: String, place: BoxfilePlace?, severity: Severity = .error, text: String) {
        self.file = file
        self.place = place
        self.severity = severity
        self.text = text
    }

    /// The line to show: `boxfile.yml:12:5: text`. A warning or note has `warning:` or `note:` before the text.
    public var description: String {
        let start = place.map { "\(file):\($0): " } ?? "\(file): "
        return start + (severity == .error ? "" : "\(severity.rawValue): ") + text
    }
}
