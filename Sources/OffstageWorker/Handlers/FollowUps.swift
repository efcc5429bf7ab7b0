// Jobs that handlers want stored with their own completion. Few handlers do, so the common question "are there any?"
// is one atomic load.
import OffstageCore
import Synchronization

/// Follow-ups of running attempts, by the number of their lease.
final class FollowUps: Sendable {
    private let count = Atomic<Int>(0)
    private let tallies = Mutex<[UInt64: FollowUpTally]>([:])

    /// Adds one. Throws InvalidJob if the attempt has too many.
    func add(_ job: NewJob, to token: Token) throws(InvalidJob) {
        try tallies.withLock { tallies throws(InvalidJob) in
            defer { count.store(tallies.count, ordering: .releasing) }
            try tallies[token.counter, default: FollowUpTally()].add(job)
        }
    }

    func take(for token: Token) -> [NewJob] {
        guard count.load(ordering: .acquiring) > 0 else { return [] }
        return tallies.withLock { tallies in
            let taken = tallies.removeValue(forKey: token.counter)?.jobs ?? []
            count.store(tallies.count, ordering: .releasing)
            return taken
        }
    }
}

/// The follow-ups of one attempt, bounded because they travel in one call with its end.
struct FollowUpTally: Sendable {
    private(set) var jobs: [NewJob] = []
    private var bytes = 0

    /// Adds one. Throws InvalidJob if there are too many.
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

/// The end of the way of follow-ups: they are kept here until they are stored with their parent's end.
final class PassedJobs: Sendable {
    private let jobs = Mutex<[NewJob]>([])

    var all: [NewJob] { jobs.withLock { $0 } }

    func add(_ new: [NewJob]) -> [EnqueueAnswer] {
        jobs.withLock { $0 += new }
        return new.map { _ in .stored(.held) }
    }
}
