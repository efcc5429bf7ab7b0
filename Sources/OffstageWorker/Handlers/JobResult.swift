// What a handler leaves behind. It is kept as JSON bytes, because whoever awaits it may be a program in any language.

/// What a handler returned, as it is stored.
public struct JobResult: Sendable, Hashable {
    /// JSON; nil for null.
    public var json: [UInt8]?
    /// Whether it was longer than is kept.
    public var isTruncated: Bool

    /// Creates a result.
    public init(json: [UInt8]?, isTruncated: Bool = false) {
        self.json = json
        self.isTruncated = isTruncated
    }

    /// No result.
    public static let none = JobResult(json: nil)
}
