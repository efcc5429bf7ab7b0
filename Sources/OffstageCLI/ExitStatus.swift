// The exit statuses: four numbers, the same for every command, so that a script can tell a failure from wrong usage and
// from a job that does not exist.

/// The exit status of a command.
public enum ExitStatus: Int32, Sendable {
    /// Success.
    case done = 0
    /// Failed or refused; one line of reason was written.
    case failed = 1
    /// Wrong usage.
    case usage = 2
    /// A job that was named does not exist; the other jobs were processed.
    case noSuchJob = 3
}
