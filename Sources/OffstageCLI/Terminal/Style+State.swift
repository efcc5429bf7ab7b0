// The colour of a job's state.
import OffstageCore

extension Style.Colour {
    /// Returns the colour of a state; nil for one without a colour.
    static func of(_ state: JobState) -> Style.Colour? {
        switch state {
        case .held, .scheduled: .dim
        case .available: nil
        case .running: .cyan
        case .retryable: .yellow
        case .completed: .green
        case .discarded: .red
        case .cancelled: .dim
        }
    }
}
