// The jobs of the tests with real processes. A job's number determines what it is, so that the enqueuing process, the
// working process and the judging test agree without communication.
public import OffstageCore

/// The kinds of jobs, which are also the names of their types.
public enum TortureKind: String, Sendable, CaseIterable {
    /// Returns.
    case plain
    /// Fails one to three times, then returns.
    case flaky
    /// Fails at every attempt, and is discarded.
    case doomed
    /// Snoozes once, then returns.
    case sleepy
    /// Is unique within its kind by one of fifty keys.
    case single
    /// Enqueues keyed children, then returns.
    case parent
    /// Carries a follow-up.
    case chain
    /// Announces its end on the return queue `web`.
    case told
    /// Runs longer than the others.
    case slow
    /// Is in a queue that is paused.
    case parked
    /// Was enqueued by a parent.
    case child
    /// Follows a chain.
    case link
}

/// Makes jobs from numbers.
public enum TortureJobs {
    /// The number of children of a parent.
    public static let children = 5
    /// The queue that is paused.
    public static let parkedQueue = "parked"
    /// The return queue.
    public static let returnQueue = "web"

    /// Returns the id of a numbered job. Ids ascend with the numbers and are in all partitions of a store.
    public static func id(_ number: Int) -> JobID {
        let time = UInt64(time + number) << 16
        let home = (UInt64(number) &* 0x9E37_79B9_7F4A_7C15) >> 52
        return JobID(high: time | 0x7000 | home, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// Returns the number in an id made here; nil for any other id.
    public static func number(_ id: JobID) -> Int? {
        // Children take the time from their parents, but their lower half is random.
        let low = id.low & 0x7FFF_FFFF_FFFF_FFFF
        guard low < 1 << 40, id.high >> 16 == UInt64(time) + low else { return nil }
        return Int(low)
    }

    private static let time = 0x0190_0000_0000

    /// Returns the kind of a numbered job.
    public static func kind(_ number: Int) -> TortureKind {
        switch number % 20 {
        case 10, 11: .flaky
        case 12: .doomed
        case 13: .sleepy
        case 14: .single
        case 15: .parent
        case 16: .chain
        case 17: .told
        case 18: number % 100 == 18 ? .slow : .plain
        case 19: .parked
        default: .plain
        }
    }

    /// Returns a numbered job for a store; a unique job is placed in the partition of its key.
    public static func job(_ number: Int, kind: TortureKind? = nil, in store: any Store) -> NewJob {
        var job = job(number, kind: kind)
        if let key = job.unique?.key { job.id = store.home(of: job.id, type: job.type, uniqueKey: key) }
        return job
    }

    /// Returns a numbered job, of the given kind if there is one.
    public static func job(_ number: Int, kind said: TortureKind? = nil) -> NewJob {
        let kind = said ?? kind(number)
        var job = NewJob(id: id(number), type: kind.rawValue, arguments: Array("\(number)".utf8))
        switch kind {
        case .doomed: job.maxAttempts = 2
        case .single:
            job.unique = UniqueRule(key: "key-\(number / 20 % 50)", release: nil, window: nil, onConflict: .existing)
        case .told: job.returnQueue = returnQueue
        case .parked: job.queue = parkedQueue
        default: break
        }
        return job
    }
}
