// How a component's process came to its end.

/// The end of a component's process; by then everything it started is gone too.
public struct ComponentEnd: Sendable, Hashable, CustomStringConvertible {
    /// What the kernel said.
    public enum Status: Sendable, Hashable {
        /// It ended with this status.
        case exited(Int32)
        /// It was ended by this signal.
        case signalled(Int32)
        /// Somebody killed the process that watched it, and its group was killed then.
        case lost
    }

    /// What the kernel said.
    public var status: Status
    /// Whether it had been asked to end, or was killed, by the supervisor.
    public var wasStopped: Bool

    /// Puts one together.
    public init(status: Status, wasStopped: Bool) {
        self.status = status
        self.wasStopped = wasStopped
    }

    /// In a few words.
    public var description: String {
        switch status {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .lost: "was killed together with its keeper"
        }
    }
}
