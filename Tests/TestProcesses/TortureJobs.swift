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

    /// The identifier of a numbered job.
    public static func id(_ number: Int) -> JobID {
        JobID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// The number in an identifier made here; nil for another.
    public static func number(_ id: JobID) -> Int? {
        // Children take the time from their parents, but their lower half is random.
        let low = id.low & 0x7FFF_FFFF_FFFF_FFFF
        return id.high == 0x0190_0000_0000_7000 && low < 1 << 40 ? Int(low) : nil
    }

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
