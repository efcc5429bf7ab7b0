// What outsiders may call things, and how large what they send may be. Every limit of the project stands here, once.

/// The bounds of what a job may carry; anything beyond is refused with the limit and the size in the message.
public struct Limits: Sendable, Hashable {
    /// Most bytes of a job's arguments; 1 MiB by default.
    public var argumentBytes = 1 << 20
    /// Most bytes of a result that are kept; 64 KiB.
    public var resultBytes = 64 << 10
    /// Most bytes of a checkpoint; 1 MiB.
    public var checkpointBytes = 1 << 20
    /// Most tags of one job.
    public var tags = 32
    /// Most bytes of all metadata keys and values of one job; 16 KiB.
    public var metadataBytes = 16 << 10
    /// Most bytes of a caller's unique key.
    public var uniqueKeyBytes = 512
    /// Most attempts that can be asked for.
    public var attempts = 10_000
    /// Longest time ahead that can be asked for: ten years.
    public var horizon = Duration.seconds(10 * 366 * 86_400)

    /// The limits the project ships with.
    public init() {}

    /// The limits as far as a record has room: an app may raise them, but a store keeps lengths and counts in two
    /// bytes.
    var withinRecords: Limits {
        var limits = self
        limits.argumentBytes = min(argumentBytes, 256 << 20)
        limits.tags = min(tags, 500)
        limits.metadataBytes = min(metadataBytes, 16 << 20)
        limits.uniqueKeyBytes = max(1, min(uniqueKeyBytes, 65_535))
        limits.attempts = max(1, min(attempts, 65_535))
        return limits
    }

    /// Most bytes of one error message on a record; 4 KiB.
    public static let errorMessageBytes = 4 << 10
    /// Most levels that arrays and objects may be nested in arguments, checkpoints and results that are JSON.
    public static let nesting = 128
    /// Most errors on a record: the first, and the last nineteen.
    public static let errors = 20
    /// Most jobs in one call of the seam.
    public static let batch = 1000
    /// Most bytes of arguments, checkpoints and labels that one reservation brings, but for its first job: 16 MiB. No
    /// other reply that carries jobs or announcements is larger.
    public static let replyBytes = 16 << 20
    /// Most bytes of the arguments of all follow-ups of one job; 16 MiB.
    public static let followUpBytes = 16 << 20
    /// Most records that one page of a listing examines.
    public static let pageExamines = 10_000
    /// Where counting who stands ahead of a job stops.
    public static let rankCap = 1000
}

/// The shape of names: of types, queues, tags, return queues and workers.
public enum Names {
    /// Whether a text matches `[A-Za-z0-9._:-]{1,128}`.
    public static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count) else { return false }
        return bytes.allSatisfy {
            ($0 >= 48 && $0 <= 58) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 46 || $0 == 95
                || $0 == 45
        }
    }

    /// Returns the text, or throws one line that says what was wrong with it.
    @discardableResult
    public static func check(_ text: String, what: String) throws(InvalidJob) -> String {
        guard isValid(text) else {
            throw InvalidJob(
                "\(what) \(Names.quoted(text)) is not a name: use 1 to 128 of A-Z a-z 0-9 . _ : -")
        }
        return text
    }

    /// A text in quotes, without control characters and no longer than 80 characters, safe for a message.
    public static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(80).map { Printable.isControl($0) ? "?" : String($0) }.joined()
        return "\"" + shown + (text.unicodeScalars.count > 80 ? "…" : "") + "\""
    }
}

/// A job that was refused before it reached the store, with one line that says why.
public struct InvalidJob: Error, Hashable, CustomStringConvertible {
    /// What is wrong, where, and what would be right.
    public let description: String
    /// Creates the error from its one line.
    public init(_ description: String) { self.description = description }
}
