// Where stores differ, they say so here; the conformance suite reads it, docs and `doctor` show it.

/// What a store is, and the declared differences between stores.
public struct StoreTraits: Sendable, Hashable {
    /// The kind: `memory`, `sqlite`.
    public var kind: String
    /// Where it is, fit to be shown: a path or a URL without a password.
    public var location: String
    /// The settings that decide speed and durability, in one line.
    public var settings: String
    /// How long a lease lasts without renewal.
    public var lease: Duration
    /// Whether what was accepted survives the death of every process.
    public var isDurable: Bool
    /// Whether other processes can share it.
    public var isShared: Bool
    /// Over how many partitions its jobs are spread. With more than one, order, strict priority, pause and counts are
    /// exact within a partition and approximate across them, so are limits of upkeep and retention by count, and a
    /// caller's own id together with a unique key is refused.
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

/// What every store can be told when it is opened.
public struct StoreOptions: Sendable {
    /// How long a lease lasts without renewal; 20 s.
    public var lease = Duration.seconds(20)
    /// How long ended jobs and other records are kept.
    public var retention = Retention()
    /// How many crashes alone discard a suspect, beyond those that made it one; 3.
    public var crashesAlone = 3
    /// How long a call waits for a store that somebody else holds; 10 s.
    public var patience = Duration.seconds(10)
    /// Where time comes from.
    public var time: any TimeSource = SystemTime()
    /// Where log lines go.
    public var log: any Log = StandardErrorLog()

    /// The defaults.
    public init() {}

    /// How long the id of a job that ended just before its record went is known at least. An enqueuer sends a batch
    /// three times at most when it does not hear what became of it, each time with all its patience.
    public var acceptedIDAge: Duration { .microseconds(acceptedIDMicroseconds) }

    // In plain microseconds, for a store asks for every job that it prunes; held so that nothing overflows.
    private var acceptedIDMicroseconds: Int64 {
        max(retention.acceptedIDAge.microseconds, max(0, min(patience.microseconds, .max / 8)) * 4)
    }

    /// Until when the id of a job that ended at a time is known, if its record goes now: `acceptedIDAge` from now,
    /// rounded up to a third of it, so that a store can forget many at once. Now, if the job ended longer ago.
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
    /// How long completed jobs are kept; 24 h.
    public var completedAge = Duration.seconds(86_400)
    /// How many completed jobs are kept; nil for what the store keeps by itself: 1 million, on Redis 100 thousand.
    public var completedCount: Int?
    /// How long discarded and cancelled jobs are kept; 30 days.
    public var endedAge = Duration.seconds(30 * 86_400)
    /// How many discarded, and how many cancelled jobs are kept; 1 million each.
    public var endedCount = 1_000_000
    /// How long completed jobs of certain types are kept instead.
    public var completedAgeByType: [String: Duration] = [:]
    /// How long announcements are kept; 24 h.
    public var returnsAge = Duration.seconds(86_400)
    /// How many announcements are kept in each return queue; 100 thousand.
    public var returnsCount = 100_000
    /// How long minutes of history are kept; 72 h.
    public var historyAge = Duration.seconds(72 * 3600)
    /// How long a caller's own id is remembered after the job's end; 24 h.
    public var callerIDAge = Duration.seconds(86_400)
    /// How long any other id is remembered when the record goes at once after the job's end; 60 s, and not less than
    /// four times the store's patience.
    public var acceptedIDAge = Duration.seconds(60)

    /// The defaults.
    public init() {}

    /// How long an ended job of a type is kept.
    public func age(of state: JobState, type: String) -> Duration {
        state == .completed ? completedAgeByType[type] ?? completedAge : endedAge
    }

    /// How many ended jobs of a state are kept, in a store that by itself keeps so many completed ones.
    public func count(of state: JobState, completed: Int = 1_000_000) -> Int {
        state == .completed ? completedCount ?? completed : endedCount
    }
}

/// One thing that a store's examination found.
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
