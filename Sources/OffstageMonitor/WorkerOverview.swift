// One live worker and its work.
public import OffstageCore

/// A live worker and what it runs.
public struct WorkerOverview: Sendable, Hashable {
    /// The worker as the store knows it, with the ids of the jobs that it has started, up to 1,000.
    public var worker: WorkerRecord
    /// The records of the first of these jobs.
    public var jobs: [JobRecord]

    /// Creates an overview.
    public init(worker: WorkerRecord, jobs: [JobRecord]) {
        self.worker = worker
        self.jobs = jobs
    }
}

extension WorkerStatus {
    /// Where the worker runs, for display: machine and process.
    var place: String { "\(host):\(pid)" }

    /// Returns whether the worker serves a queue.
    func serves(_ queue: String) -> Bool { queues?.contains(queue) ?? true }
}
