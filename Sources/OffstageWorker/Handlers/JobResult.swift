// A handler's result. It is kept as JSON bytes, because the program that awaits it may be written in any language.

/// What a handler returned, as it is stored.
public struct JobResult: Sendable, Hashable {
    /// The result as JSON; nil for null.
    public var json: [UInt8]?
    /// Whether the result was longer than the limit.
    public var isTruncated: Bool

    /// Creates a result.
    public init(json: [UInt8]?, isTruncated: Bool = false) {
        self.json = json
        self.isTruncated = isTruncated
    }

    /// No result.
    public static let none = JobResult(json: nil)
}
