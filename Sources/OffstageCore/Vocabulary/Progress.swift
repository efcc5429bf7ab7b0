/// How far a running job says it is.
public struct Progress: Sendable, Hashable {
    /// From 0 to 1.
    public var fraction: Double
    /// A few words, at most 256 bytes.
    public var note: String

    /// Creates a progress, the fraction held between 0 and 1 and the note cut to 256 bytes.
    public init(fraction: Double, note: String = "") {
        self.fraction = fraction.isNaN ? 0 : min(1, max(0, fraction))
        self.note = note.cut(toBytes: 256)
    }
}
