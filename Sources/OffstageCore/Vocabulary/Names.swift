// What names callers may use, and how large the data they send may be. Every limit of the project is here, once.

/// The bounds of what a job may carry. Anything beyond is refused, with the limit and the size in the message.
public struct Limits: Sendable, Hashable {
    /// The most bytes of a job's arguments; 1 MiB by default.
    public var argumentBytes = 1 << 20
    /// The most bytes of a result that are kept; 64 KiB by default.
    public var resultBytes = 64 << 10
    /// The most bytes of a checkpoint; 1 MiB by default.
    public var checkpointBytes = 1 << 20
    /// The most tags of one job; 32 by default.
    public var tags = 32
    /// The most bytes of all metadata keys and values of one job; 16 KiB by default.
    public var metadataBytes = 16 << 10
    /// The most bytes of a caller's unique key; 512 by default.
    public var uniqueKeyBytes = 512
    /// The most attempts that can be requested; 10,000 by default.
    public var attempts = 10_000
    /// The longest time ahead that can be requested; ten years by default.
    public var horizon = Duration.seconds(10 * 366 * 86_400)

    /// Creates the default limits.
    public init() {}

    /// The limits, reduced to what a record can hold: an app may raise them, but a store keeps lengths and counts in
    /// two bytes.
    var withinRecords: Limits {
        var limits = self
        limits.argumentBytes = min(argumentBytes, 256 << 20)
        limits.tags = min(tags, 500)
        limits.metadataBytes = min(metadataBytes, 16 << 20)
        limits.uniqueKeyBytes = max(1, min(uniqueKeyBytes, 65_535))
        limits.attempts = max(1, min(attempts, 65_535))
        return limits
    }

    /// The most bytes of one error message on a record; 4 KiB.
    public static let errorMessageBytes = 4 << 10
    /// The deepest nesting of arrays and objects in arguments, checkpoints and results that are JSON.
    public static let nesting = 128
    /// The most errors on a record: the first and the last nineteen.
    public static let errors = 20
    /// The most items in one call of the seam.
    public static let batch = 1000
    /// The most bytes of arguments, checkpoints and labels in one reservation, not counting its first job: 16 MiB. No
    /// other reply that carries jobs or announcements is larger.
    public static let replyBytes = 16 << 20
    /// The most bytes of the arguments of all follow-ups of one job; 16 MiB.
    public static let followUpBytes = 16 << 20
    /// The most records that one page of a listing examines.
    public static let pageExamines = 10_000
    /// The number at which counting the jobs ahead of a job stops.
    public static let rankCap = 1000
}

/// The form of names: of types, queues, tags, return queues and workers.
public enum Names {
    /// Returns whether a text matches `[A-Za-z0-9._:-]{1,128}`.
    public static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count) else { return false }
        return bytes.allSatisfy {
            ($0 >= 48 && $0 <= 58) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 46 || $0 == 95
                || $0 == 45
        }
    }

    /// Returns the text, or throws InvalidJob with a one-line message if it is not a name.
    @discardableResult
    public static func check(_ text: String, what: String) throws(InvalidJob) -> String {
        guard isValid(text) else {
            throw InvalidJob(
                "\(what) \(Names.quoted(text)) is not a name: use 1 to 128 of A-Z a-z 0-9 . _ : -")
        }
        return text
    }

    /// Returns the text in quotes, without control characters and cut to 80 characters, safe for a message.
    public static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(80).map { Printable.isControl($0) ? "?" : String($0) }.joined()
        return "\"" + shown + (text.unicodeScalars.count > 80 ? "…" : "") + "\""
    }
}

/// A job that was refused before it reached the store, with the reason in one line.
public struct InvalidJob: Error, Hashable, CustomStringConvertible {
    /// One line: what is wrong, where, and what would be right.
    public let description: String
    /// Creates the error with this line.
    public init(_ description: String) { self.description = description }
}
