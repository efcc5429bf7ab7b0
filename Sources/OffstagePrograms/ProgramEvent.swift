// What a running program reports, in order within each of its two channels.

/// Something that a program reported while it runs.
public enum ProgramEvent: Sendable, Hashable {
    /// `progress FRACTION NOTE` on descriptor 3: a fraction from 0 to 1, and a few words or none.
    case progress(Double, note: String)
    /// `checkpoint JSON` on descriptor 3: a value from which a later attempt can continue.
    case checkpoint([UInt8])
    /// A line on standard error, or a piece of a very long one.
    case errorLine(String)
    /// A line on descriptor 3 that could not be parsed; with the reason in one line.
    case badReport(String)

    /// Returns the events in order, without any progress or checkpoint that a later one replaces.
    static func newest(of events: [ProgramEvent]) -> [ProgramEvent] {
        var hasProgress = false
        var hasCheckpoint = false
        let kept = events.reversed().filter { event in
            switch event {
            case .progress:
                defer { hasProgress = true }
                return !hasProgress
            case .checkpoint:
                defer { hasCheckpoint = true }
                return !hasCheckpoint
            case .errorLine, .badReport: return true
            }
        }
        return kept.reversed()
    }
}
