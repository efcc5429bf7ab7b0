// What the jobs of the tests with a foreman do: most succeed, and each of the others ends its process in a different
// way.
public import OffstageCore

/// The action of a job; its arguments are the name.
public enum Deed: String, Sendable, CaseIterable {
    /// Takes a moment and returns its process id.
    case good
    /// Reports progress, then calls `fatalError`.
    case trap
    /// Sends itself SIGKILL.
    case kill
    /// Allocates memory until there is no more.
    case eat
    /// Ends its process with status 3.
    case exit
    /// Runs until it is stopped.
    case slow
    /// Blocks its thread and ignores requests to stop.
    case block
    /// Runs until it is stopped, and writes to its standard error all the time.
    case chatty

    /// The type of these jobs.
    public static let type = "deed"
    /// The message of `trap`.
    public static let lastWords = "the yolk is on the wall"

    /// Returns a numbered job with this action.
    public func job(_ number: Int) -> NewJob {
        NewJob(id: TortureJobs.id(number), type: Self.type, arguments: Array(rawValue.utf8))
    }
}
