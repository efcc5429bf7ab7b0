// Which colour a state has.
import OffstageCore

extension Style.Colour {
    /// The colour of a state; nil for the plain ones.
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
