// What a running program says, in the order in which it says it on each of its two channels.

/// Something a program said while it runs.
public enum ProgramEvent: Sendable, Hashable {
    /// `progress FRACTION NOTE` on descriptor 3: from 0 to 1, and a few words or none.
    case progress(Double, note: String)
    /// `checkpoint JSON` on descriptor 3: what a later attempt can go on from.
    case checkpoint([UInt8])
    /// A line on standard error, or a piece of a very long one.
    case errorLine(String)
    /// A line on descriptor 3 that could not be understood, and why, in one line.
    case badReport(String)
}
