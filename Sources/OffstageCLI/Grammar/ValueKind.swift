// The kinds of values. The command table declares them, so that the parser can refuse a bad value before anything is
// opened, `--help` can name it, and a shell can complete it.
import OffstageCore

/// The kind of text that an option or an argument takes.
enum ValueKind: Sendable, Equatable {
    /// Any text.
    case text
    /// A name of at most 128 letters, digits and `._:-`.
    case name
    /// Names separated by commas, each with an optional `:weight`.
    case queues
    /// A duration such as `90s` or `1h30m`.
    case duration
    /// A whole number in a range.
    case count(ClosedRange<Int>)
    /// A time in RFC 3339 format.
    case time
    /// A job's id.
    case id
    /// A worker's id.
    case worker
    /// A path in the file system.
    case file
    /// `KEY=VALUE`.
    case pair
    /// One of a few words.
    case oneOf([String])

    /// Throws if a text is not of this kind. `subject` names the value in the error.
    func check(_ text: String, for subject: String) throws(UsageError) {
        do throws(ValueError) {
            switch self {
            case .text: break
            case .file: if text.isEmpty { throw ValueError("is an empty path") }
            case .name:
                guard Names.isValid(text) else { throw Self.notAName }
            case .queues: _ = try QueuesText.parse(text)
            case .duration: _ = try DurationText.parse(text)
            case .count(let range): _ = try CountText.parse(text, in: range)
            case .time:
                guard Timestamp(text) != nil else { throw ValueError("must be a time such as 2031-05-04T09:30:00Z") }
            case .id:
                guard JobID(text) != nil else { throw ValueError("must be a job's id (a UUID)") }
            case .worker:
                guard WorkerID(text) != nil else { throw ValueError("must be a worker's id (16 hexadecimal digits)") }
            case .pair: _ = try PairText.parse(text)
            case .oneOf(let words):
                guard words.contains(text) else {
                    throw ValueError("must be \(words.joined(separator: ", "))", nearest: words)
                }
            }
        } catch {
            let shown = UsageError.shown(text)
            throw UsageError("\(subject) \(error.message), not '\(shown)'", given: text, known: error.nearest)
        }
    }

    private static var notAName: ValueError {
        ValueError("must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -")
    }
}
