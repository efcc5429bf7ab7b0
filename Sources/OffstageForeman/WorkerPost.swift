// The values with which a worker in a process under a foreman must be created.
public import OffstageWorker

/// A post under a foreman, for which a worker is created.
public struct WorkerPost: Sendable {
    /// How many handlers the worker must run at a time.
    public let concurrency: Int
    /// How long its handlers have to finish when it is told to stop.
    public let grace: Duration
    /// Its settings. Callers may add to what is set here but must not replace it.
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
