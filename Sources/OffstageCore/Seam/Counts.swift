// What the monitor can ask at any time: every answer is bounded, whatever the store holds.

/// How many jobs of one queue and type stand in each state.
public struct LaneCounts: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// The type.
    public var type: String
    /// Numbers by `JobState.rawValue`.
    public var byState: [Int]

    /// Creates counts.
    public init(queue: String, type: String, byState: [Int]) {
        self.queue = queue
        self.type = type
        self.byState = byState
    }

    /// How many stand in a state.
    public subscript(state: JobState) -> Int { byState[state.rawValue] }
}

/// The store's maintained counts.
public struct StoreCounts: Sendable, Hashable {
    /// Every queue and type that has jobs, ordered by queue, then type.
    public var lanes: [LaneCounts] = []
    /// The queues that are paused, in order.
    public var paused: [String] = []
    /// When the oldest job that is due and waits became due, by queue; queues without one are missing.
    public var oldestDue: [String: Timestamp] = [:]
    /// Announcements waiting, by return queue.
    public var returns: [String: Int] = [:]
    /// Announcements dropped unread by retention, by return queue.
    public var returnsDropped: [String: Int] = [:]
    /// Writes refused for a stale token, since the store was made.
    public var staleRefused = 0
    /// The store's wall clock when it counted.
    public var at: Timestamp

    /// Creates empty counts.
    public init(at: Timestamp) { self.at = at }

    /// How many jobs stand in a state altogether.
    public func total(_ state: JobState) -> Int { lanes.reduce(0) { $0 + $1[state] } }
}

/// What ended of one type within one minute.
public struct HistoryRow: Sendable, Hashable {
    /// The minute's beginning.
    public var minute: Timestamp
    /// The type.
    public var type: String
    /// Attempts that completed.
    public var completed = 0
    /// Attempts that failed and are retried.
    public var failed = 0
    /// Jobs discarded.
    public var discarded = 0
    /// Jobs cancelled.
    public var cancelled = 0
    /// The run time of all these attempts, in microseconds.
    public var ranMicroseconds: Int64 = 0
    /// The longest of them, in microseconds.
    public var longestMicroseconds: Int64 = 0

    /// Creates an empty row.
    public init(minute: Timestamp, type: String) {
        self.minute = minute
        self.type = type
    }
}

/// What stands between a job and its start.
public struct JobStanding: Sendable, Hashable {
    /// The record.
    public var record: JobRecord
    /// Whether its queue is paused.
    public var isPaused = false
    /// How many due jobs of its queue come first, counted up to Limits.rankCap.
    public var ahead = 0
    /// The running job it is held behind.
    public var predecessor: JobID?
    /// The store's wall clock.
    public var at: Timestamp

    /// Creates a standing.
    public init(record: JobRecord, at: Timestamp) {
        self.record = record
        self.at = at
    }
}
