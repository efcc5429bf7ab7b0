// Why a command that was called correctly did not do what was asked: always one line, written by the one who knows.

/// A failure that ends a command, with its line for the user.
struct CommandFailure: Error, CustomStringConvertible {
    /// The reason, one line.
    var description: String
    /// What the shell is told.
    var status: ExitStatus

    init(_ description: String, status: ExitStatus = .failed) {
        self.description = description
        self.status = status
    }
}
