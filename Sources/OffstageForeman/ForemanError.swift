// Why a foreman gives up, or does not begin.
import OffstageSystem

/// Why a foreman cannot continue.
public enum ForemanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system refused an operation; with what was tried and the errno value.
    case system(String, Int32)
    /// The first worker process ended with this status before it had begun to work.
    case childFailed(status: Int)
    /// A setting is out of bounds; the text states which one and what is allowed.
    case invalid(String)
    /// The foreman with this process id started this process, but its board is missing or taken.
    case noPlace(foreman: Int)
    /// `run` was called a second time; a foreman runs once.
    case alreadyRan

    /// The error in one line.
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
