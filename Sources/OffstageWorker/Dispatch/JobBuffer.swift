// The prefetched jobs, first in, first out. A plain array with a moving head: jobs are moved out, not copied, because
// each copy of a job costs half a dozen reference counts.
import OffstageCore

/// A prefetched job.
struct BufferedJob: Sendable {
    var job: ReservedJob
    /// When the job arrived. If it is not started within a limit, it is handed back.
    var deliveredAt: Int64
    /// The latest moment from which the lease certainly counts.
    var leaseFrom: Int64
    /// Whether the store already has the job as started.
    var isMarked: Bool
    /// The job's size in bytes.
    let size: Int

    init(_ job: ReservedJob, deliveredAt: Int64, leaseFrom: Int64, isMarked: Bool) {
        self.job = job
        self.deliveredAt = deliveredAt
        self.leaseFrom = leaseFrom
        self.isMarked = isMarked
        size = job.size
    }
}

/// A queue of prefetched jobs.
struct JobBuffer: Sendable {
    private var jobs: [BufferedJob?] = []
    private var head = 0
    /// The total size of the jobs in bytes.
    private(set) var bytes = 0

    var count: Int { jobs.count - head }
    var isEmpty: Bool { head == jobs.count }
    /// The jobs' tokens in order.
    var tokens: some Sequence<Token> { jobs[head...].lazy.compactMap { $0?.job.token } }
    var first: BufferedJob? { isEmpty ? nil : jobs[head] }

    mutating func append(_ job: consuming BufferedJob) {
        bytes += job.size
        jobs.append(job)
    }

    mutating func reserve(_ count: Int) {
        if head > 0 {
            jobs.removeFirst(head)
            head = 0
        }
        jobs.reserveCapacity(jobs.count + count)
    }

    mutating func popFirst() -> BufferedJob? {
        guard head < jobs.count else { return nil }
        let job = jobs[head].take()
        bytes -= job?.size ?? 0
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        }
        return job
    }

    /// Removes and returns all jobs that fit. The others stay in order.
    mutating func remove(where fits: (BufferedJob) -> Bool) -> [BufferedJob] {
        var taken: [BufferedJob] = []
        var left: [BufferedJob?] = []
        for case let job? in jobs[head...] {
            if fits(job) { taken.append(job) } else { left.append(job) }
        }
        bytes -= taken.reduce(0) { $0 + $1.size }
        jobs = left
        head = 0
        return taken
    }

    /// Changes every job in place.
    mutating func changeAll(_ change: (inout BufferedJob) -> Void) {
        for index in head..<jobs.count {
            if var job = jobs[index].take() {
                change(&job)
                jobs[index] = job
            }
        }
    }
}
