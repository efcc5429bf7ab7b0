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

    /// Events in their order, less every progress and checkpoint that a later one makes old.
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
