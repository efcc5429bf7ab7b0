/// A running job's report of how far it is.
public struct Progress: Sendable, Hashable {
    /// The fraction that is done, from 0 to 1.
    public var fraction: Double
    /// A short note, at most 256 bytes.
    public var note: String

    /// Creates a progress report. The fraction is clamped to the range from 0 to 1, and the note is cut to 256 bytes.
    public init(fraction: Double, note: String = "") {
        self.fraction = fraction.isNaN ? 0 : min(1, max(0, fraction))
        self.note = note.cut(toBytes: 256)
    }
}
