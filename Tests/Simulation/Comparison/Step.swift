// One step of a random sequence, as plain data. Its numbers are resolved against what the run has produced so far, so
// that a sequence still makes sense when the shrinker removes steps from its middle.
import OffstageCore

/// One operation on both stores.
enum Step: Sendable {
    /// Enqueue jobs from the small world, each by number and variant. The same number with another variant is a
    /// conflict.
    case enqueue([(number: Int, variant: Int)])
    /// Settle leases, counted from the newest, and optionally reserve.
    case settle([End], Wish?)
    /// Add a note to a lease.
    case note([(lease: Int, kind: Int)])
    /// Renew those of a worker's leases whose bit is set.
    case renew(worker: Int, mask: Int, heardAll: Bool)
    case maintain(limit: Int)
    case heartbeat(worker: Int, quiet: Bool)
    case command(worker: Int, stop: Bool)
    /// Retire a worker, and report some of its leases as crashed, counted from the newest.
    case retire(worker: Int, crashed: [Crash])
    case pause(Bool, queue: Int)
    case changeJobs(Int, [Int], dryRun: Bool)
    case changeAll(Int, Filter, dryRun: Bool)
    case takeReturns(queue: Int, limit: Int)
    case acknowledge([Int])
    case list(Filter, limit: Int)
    case compareAll
    case advance(microseconds: Int64)
    case step(microseconds: Int64)

    /// How an attempt ends.
    struct End: Sendable {
        var lease: Int
        var outcome: Int
        var ran: Int64?
        var followUp: Int?
    }

    /// What is reported about a lease: which one, counted from the newest of the worker's own or of all, and how long
    /// ago it started.
    struct Crash: Sendable {
        var lease: Int
        var isOwn: Bool
        var ago: Int64
    }

    /// A request for jobs.
    struct Wish: Sendable {
        var worker: Int
        var queues: [Int]?
        var types: [Int]
        var limit: Int
        var startNow: Int
        var holding: Int
        var suspects: SuspectChoice
        var turnFor: Duration?
    }

    /// Selects jobs.
    struct Filter: Sendable {
        var state: JobState?
        var queue: Int?
        var type: Int?
        var tag: Int?

        var jobs: JobFilter {
            JobFilter(
                state: state, queue: queue.map(World.queue), type: type.map(World.type), tag: tag.map { "tag\($0)" })
        }
    }
}
