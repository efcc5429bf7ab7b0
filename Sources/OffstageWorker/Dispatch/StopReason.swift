// Why a running handler was told to stop. The first reason counts: it decides what the end of the attempt means.

/// Why a handler was told to stop.
enum StopReason: Sendable, Hashable {
    /// The job was asked to cancel.
    case cancelled
    /// It ran longer than its timeout, in microseconds.
    case timedOut(Int64)
    /// The worker is stopping.
    case shutdown
    /// The lease is lost, or could not be renewed in time.
    case leaseLost

    var word: String {
        switch self {
        case .cancelled: "cancelled"
        case .timedOut: "timed out"
        case .shutdown: "the worker stops"
        case .leaseLost: "lease lost"
        }
    }
}
