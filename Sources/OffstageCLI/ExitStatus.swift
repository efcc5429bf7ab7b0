// What the shell is told. Four numbers, the same for every command, so that a script can tell "it failed" from "you
// called me wrongly" from "there is no such job".

/// The exit status of a command.
public enum ExitStatus: Int32, Sendable {
    /// Done.
    case done = 0
    /// Failed or refused; the reason was written in one line.
    case failed = 1
    /// Called wrongly.
    case usage = 2
    /// A job that was named does not exist; what was asked of the others is done.
    case noSuchJob = 3
}
