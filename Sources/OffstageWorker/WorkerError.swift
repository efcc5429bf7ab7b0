// Why a worker does not start, or stops by itself. Errors of the store (StoreError) are thrown unchanged.

/// Why a worker cannot run.
public enum WorkerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No handler was registered, so the worker could run nothing.
    case noHandlers
    /// Two handlers have the same name.
    case duplicateHandler(String)
    /// A name or number is out of bounds; the text states which one and what is allowed.
    case invalid(String)
    /// The system has no thread for the worker; with the system's message.
    case noThread(String)
    /// `run` was called a second time; a worker runs once.
    case alreadyRan

    /// The error in one line.
    public var description: String {
        switch self {
        case .noHandlers: "the worker has no handlers: register at least one job type"
        case .duplicateHandler(let name): "two handlers are registered for the type \(name)"
        case .invalid(let text): text
        case .noThread(let reason):
            "the worker cannot start a thread: \(reason); raise the limit of processes (ulimit -u)"
        case .alreadyRan: "this worker has run already: make a new one"
        }
    }
}
