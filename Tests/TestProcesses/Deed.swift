// What the jobs of the tests with a foreman do: most are good, and each of the others ends its process in its own way.
public import OffstageCore

/// What a job does; its arguments are the name.
public enum Deed: String, Sendable, CaseIterable {
    /// Takes a moment and returns the number of its process.
    case good
    /// Reports progress, then calls `fatalError`.
    case trap
    /// Sends itself SIGKILL.
    case kill
    /// Eats memory until there is no more.
    case eat
    /// Ends its process with status 3.
    case exit
    /// Runs until it is told to stop.
    case slow
    /// Keeps its thread, whatever it is told.
    case block
    /// Runs until it is told to stop, and writes to its standard error all the time.
    case chatty

    /// The type of these jobs.
    public static let type = "deed"
    /// What `trap` says.
    public static let lastWords = "the yolk is on the wall"

    /// A numbered job that does this.
    public func job(_ number: Int) -> NewJob {
        NewJob(id: TortureJobs.id(number), type: Self.type, arguments: Array(rawValue.utf8))
    }
}
