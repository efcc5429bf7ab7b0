// The jobs of the tests with real processes: their number says what they are, so that the enqueuing process, the
// working process and the judging test agree without a word.
public import OffstageCore

/// The kinds of jobs, by their type's name.
public enum TortureKind: String, Sendable, CaseIterable {
    /// Returns.
    case plain
    /// Fails one to three times, then returns.
    case flaky
    /// Fails as often as it may: discarded.
    case doomed
    /// Snoozes once, then returns.
    case sleepy
    /// Unique among its kind by one of fifty keys.
    case single
    /// Enqueues keyed children, then returns.
    case parent
    /// Carries a follow-up.
    case chain
    /// Is announced on the return queue `web`.
    case told
    /// Runs for longer than the others.
    case slow
    /// Stands in a queue that is paused.
    case parked
    /// Enqueued by a parent.
    case child
    /// Follows a chain.
    case link
}

/// Makes jobs by number.
public enum TortureJobs {
    /// How many children a parent has.
    public static let children = 5
    /// The queue that is paused.
    public static let parkedQueue = "parked"
    /// The return queue.
    public static let returnQueue = "web"

    /// The identifier of a numbered job: identifiers ascend with the numbers, and lie in all partitions of a store.
    public static func id(_ number: Int) -> JobID {
        let time = UInt64(time + number) << 16
        let home = (UInt64(number) &* 0x9E37_79B9_7F4A_7C15) >> 52
        return JobID(high: time | 0x7000 | home, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// The number in an identifier made here; nil for another.
    public static func number(_ id: JobID) -> Int? {
        // Children take the time from their parents, but their lower half is random.
        let low = id.low & 0x7FFF_FFFF_FFFF_FFFF
        guard low < 1 << 40, id.high >> 16 == UInt64(time) + low else { return nil }
        return Int(low)
    }

    private static let time = 0x0190_0000_0000

    /// What a numbered job is.
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

    /// A numbered job for a store, where a unique one lives where its key does.
    public static func job(_ number: Int, kind: TortureKind? = nil, in store: any Store) -> NewJob {
        var job = job(number, kind: kind)
        if let key = job.unique?.key { job.id = store.home(of: job.id, type: job.type, uniqueKey: key) }
        return job
    }

    /// A numbered job; of one kind if that is said.
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
