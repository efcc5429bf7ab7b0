// Jobs that handlers want stored with their own completion.
import OffstageCore
import Synchronization

/// The follow-ups of one attempt. They are bounded, because they travel in one call with the end of the attempt.
struct FollowUpTally: Sendable {
    private(set) var jobs: [NewJob] = []
    private var bytes = 0

    /// Adds a job. Throws InvalidJob if there are too many jobs or too many bytes of arguments.
    mutating func add(_ job: NewJob) throws(InvalidJob) {
        guard jobs.count < Limits.batch else {
            throw InvalidJob(
                "a job has at most \(Limits.batch) follow-ups: enqueue the others as keyed children before the handler"
                    + " returns")
        }
        guard bytes + job.arguments.count <= Limits.followUpBytes else {
            throw InvalidJob(
                "the arguments of all follow-ups of a job are over the limit of \(Limits.followUpBytes) bytes: enqueue"
                    + " keyed children before the handler returns")
        }
        jobs.append(job)
        bytes += job.arguments.count
    }
}

/// The last step of the enqueue path for follow-ups: they are kept here until they are stored with the end of their
/// parent.
final class PassedJobs: Sendable {
    private let jobs = Mutex<[NewJob]>([])

    var all: [NewJob] { jobs.withLock { $0 } }

    func add(_ new: [NewJob]) -> [EnqueueAnswer] {
        jobs.withLock { $0 += new }
        return new.map { _ in .stored(.held) }
    }
}
