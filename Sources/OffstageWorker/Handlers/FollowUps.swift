// Jobs that handlers want stored with their own completion. Few handlers do, so the common question "are there any?"
// is one atomic load.
import OffstageCore
import Synchronization

/// Follow-ups of running attempts, by the number of their lease.
final class FollowUps: Sendable {
    private let count = Atomic<Int>(0)
    private let jobs = Mutex<[UInt64: [NewJob]]>([:])

    func add(_ new: [NewJob], to token: Token) {
        jobs.withLock { jobs in
            jobs[token.counter, default: []] += new
            count.store(jobs.count, ordering: .releasing)
        }
    }

    func take(for token: Token) -> [NewJob] {
        guard count.load(ordering: .acquiring) > 0 else { return [] }
        return jobs.withLock { jobs in
            let taken = jobs.removeValue(forKey: token.counter) ?? []
            count.store(jobs.count, ordering: .releasing)
            return taken
        }
    }
}
