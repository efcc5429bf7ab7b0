// Stores declare their differences here. The conformance suite reads them; the documentation and `doctor` show them.

/// What a store is, and how it differs from other stores.
public struct StoreTraits: Sendable, Hashable {
    /// The kind, such as `memory` or `sqlite`.
    public var kind: String
    /// Where it is, in a form that may be shown: a path, or a URL without a password.
    public var location: String
    /// The settings that determine speed and durability, in one line.
    public var settings: String
    /// How long a lease lasts without renewal.
    public var lease: Duration
    /// Whether accepted data survives the death of every process.
    public var isDurable: Bool
    /// Whether other processes can share the store.
    public var isShared: Bool
    /// How many partitions its jobs are spread over. With more than one, order, strict priority, pause and counts are
    /// exact within a partition and approximate across partitions. So are limits of maintenance and retention by count.
    /// A caller's own id together with a unique key is refused.
    public var partitions: Int

    /// Creates the traits.
    public init(
        kind: String, location: String, settings: String, lease: Duration, isDurable: Bool, isShared: Bool,
        partitions: Int = 1
    ) {
        self.kind = kind
        self.location = location
        self.settings = settings
        self.lease = lease
        self.isDurable = isDurable
        self.isShared = isShared
        self.partitions = partitions
    }
}

/// The options that every store takes when it is opened.
public struct StoreOptions: Sendable {
    /// How long a lease lasts without renewal; 20 s by default.
    public var lease = Duration.seconds(20)
    /// How long ended jobs and other records are kept.
    public var retention = Retention()
    /// How many crashes while running alone discard a suspect, beyond those that made it one; 3 by default.
    public var crashesAlone = 3
    /// How long a call waits for a store that another user holds; 10 s by default.
    public var patience = Duration.seconds(10)
    /// Where time comes from.
    public var time: any TimeSource = SystemTime()
    /// Where log lines go.
    public var log: any Log = StandardErrorLog()

    /// Creates the default options.
    public init() {}

    /// How long at least the id of a job is known if the job ended just before its record was removed. An enqueuer that
    /// does not learn the outcome of a batch sends it at most three times, and waits for up to `patience` each time.
    public var acceptedIDAge: Duration { .microseconds(acceptedIDMicroseconds) }

    // In plain microseconds, because a store asks for every job that it prunes; clamped so that nothing overflows.
    private var acceptedIDMicroseconds: Int64 {
        max(retention.acceptedIDAge.microseconds, max(0, min(patience.microseconds, .max / 8)) * 4)
    }

    /// Returns until when the id of a job that ended at `endedAt` is known if its record is removed now: for
    /// `acceptedIDAge` from now, rounded up to a third of it so that a store can forget many ids at once. Returns `now`
    /// if the job ended longer ago.
    package func acceptedIDEnd(endedAt: Timestamp, now: Timestamp) -> Timestamp {
        let age = acceptedIDMicroseconds
        guard age > 0, now.microseconds &- endedAt.microseconds < age else { return now }
        let third = (age + 2) / 3
        let end = now.microseconds + age
        return Timestamp(microseconds: (end + third - 1) / third * third)
    }
}

/// How long ended jobs and other records are kept.
public struct Retention: Sendable, Hashable {
    /// How long completed jobs are kept; 24 h by default.
    public var completedAge = Duration.seconds(86_400)
    /// How many completed jobs are kept; nil for the store's own default: 1 million, on Redis 100 thousand.
    public var completedCount: Int?
    /// How long discarded and cancelled jobs are kept; 30 days by default.
    public var endedAge = Duration.seconds(30 * 86_400)
    /// How many discarded and how many cancelled jobs are kept; 1 million each by default.
    public var endedCount = 1_000_000
    /// How long completed jobs of these types are kept, instead of `completedAge`.
    public var completedAgeByType: [String: Duration] = [:]
    /// How long announcements are kept; 24 h by default.
    public var returnsAge = Duration.seconds(86_400)
    /// How many announcements are kept in each return queue; 100 thousand by default.
    public var returnsCount = 100_000
    /// How long the history is kept; 72 h by default.
    public var historyAge = Duration.seconds(72 * 3600)
    /// How long a caller's own id is remembered after the job's end; 24 h by default.
    public var callerIDAge = Duration.seconds(86_400)
    /// How long any other id is remembered if the record is removed right after the job's end; 60 s by default, and at
    /// least four times the store's patience.
    public var acceptedIDAge = Duration.seconds(60)

    /// Creates the default retention.
    public init() {}

    /// Returns how long an ended job of a type is kept.
    public func age(of state: JobState, type: String) -> Duration {
        state == .completed ? completedAgeByType[type] ?? completedAge : endedAge
    }

    /// Returns how many ended jobs of a state are kept. `completed` is the store's own default for completed jobs.
    public func count(of state: JobState, completed: Int = 1_000_000) -> Int {
        state == .completed ? completedCount ?? completed : endedCount
    }
}

/// One result of a store's examination.
public struct Finding: Sendable, Hashable {
    /// How much it matters; an error means that the store should not be used like this.
    public var level: LogLevel
    /// What was found, and what to do about it.
    public var text: String

    /// Creates a finding.
    public init(_ level: LogLevel, _ text: String) {
        self.level = level
        self.text = text
    }
}
