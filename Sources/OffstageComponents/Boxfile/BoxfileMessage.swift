// What there is to say about a file: always one line, `file:line:column: text`, in the form that editors and consoles
// make clickable.

/// One finding in a boxfile: what is wrong or worth knowing, where, and what to do.
public struct BoxfileMessage: Sendable, Hashable, CustomStringConvertible {
    /// How much a finding matters.
    public enum Severity: String, Sendable, Hashable {
        /// The file cannot be used.
        case error
        /// Something in the file has no effect.
        case warning
        /// Something is done in another way than the file may lead to believe.
        case note
    }

    /// The file's name as it was given.
    public let file: String
    /// Where in the file; nil when the file could not be read at all.
    public let place: BoxfilePlace?
    /// How much it matters.
    public let severity: Severity
    /// What is wrong and what to do, without the place.
    public let text: String

    init(file: String, place: BoxfilePlace?, severity: Severity = .error, text: String) {
        self.file = file
        self.place = place
        self.severity = severity
        self.text = text
    }

    /// The line to show: `boxfile.yml:12:5: text`, with `warning:` or `note:` before the text of those.
    public var description: String {
        let start = place.map { "\(file):\($0): " } ?? "\(file): "
        return start + (severity == .error ? "" : "\(severity.rawValue): ") + text
    }
}
