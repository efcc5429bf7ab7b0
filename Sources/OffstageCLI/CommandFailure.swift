// The reason why a correctly called command failed: always one line, written where the failure is understood.

/// A failure that ends a command, with a one-line message for the user.
struct CommandFailure: Error, CustomStringConvertible {
    /// The reason, one line.
    var description: String
    /// The exit status.
    var status: ExitStatus

    init(_ description: String, status: ExitStatus = .failed) {
        self.description = description
        self.status = status
    }
}
