// How a component's process ended.

/// The end of a component's process. By then, everything it started has ended too.
public struct ComponentEnd: Sendable, Hashable, CustomStringConvertible {
    /// The kernel's report.
    public enum Status: Sendable, Hashable {
        /// It exited with this status.
        case exited(Int32)
        /// It was killed by this signal.
        case signalled(Int32)
        /// Its keeper was killed, and its process group was killed as a result.
        case lost
    }

    /// The kernel's report.
    public var status: Status
    /// Whether the supervisor asked it to end, or killed it.
    public var wasStopped: Bool

    /// Creates an end.
    public init(status: Status, wasStopped: Bool) {
        self.status = status
        self.wasStopped = wasStopped
    }

    /// The end in a few words.
    public var description: String {
        switch status {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .lost: "was killed together with its keeper"
        }
    }
}
