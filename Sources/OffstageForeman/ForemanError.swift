// Why a foreman gives up, or does not begin.
import OffstageSystem

/// Why a foreman cannot go on.
public enum ForemanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system refused what was tried; with the errno value.
    case system(String, Int32)
    /// The first worker process ended with this status before it had begun to work.
    case childFailed(status: Int)
    /// A setting is out of bounds; which, and what would be right.
    case invalid(String)
    /// This process was started by a foreman of this number, and its board is not there or taken.
    case noPlace(foreman: Int)
    /// `run` was called a second time; a foreman has one life.
    case alreadyRan

    /// One line.
    public var description: String {
        switch self {
        case .system(let act, let number): "cannot \(act): \(LibC.reason(number))"
        case .childFailed(let status): "a worker process ended with status \(status) before it could begin"
        case .invalid(let text): text
        case .noPlace(let foreman):
            "foreman \(foreman) has started this process as a worker, but its board is gone or taken: run one foreman"
                + " in a program, and close no descriptors before that"
        case .alreadyRan: "this foreman has run already: make a new one"
        }
    }
}
