// What a worker in a process under a foreman is to be made with.
public import OffstageWorker

/// A place under a foreman, for which a worker is made.
public struct WorkerPost: Sendable {
    /// How many handlers it shall run at a time.
    public let concurrency: Int
    /// How long its handlers have to finish when it is told to stop.
    public let grace: Duration
    /// Its settings; what they say may be added to, not replaced.
    public let options: WorkerOptions

    init(concurrency: Int, grace: Duration, options: WorkerOptions) {
        self.concurrency = concurrency
        self.grace = grace
        self.options = options
    }

    /// The post of a worker that has no foreman.
    package init(_ options: ForemanOptions) {
        self.init(concurrency: options.concurrency, grace: options.grace, options: options.worker)
    }
}
