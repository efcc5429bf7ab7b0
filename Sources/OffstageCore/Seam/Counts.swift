// What the monitor can ask at any time. Every reply is bounded, however much the store holds.

/// The number of jobs in each state, for one queue and type.
public struct LaneCounts: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// The type.
    public var type: String
    /// The counts, indexed by `JobState.rawValue`.
    public var byState: [Int]

    /// Creates counts.
    public init(queue: String, type: String, byState: [Int]) {
        self.queue = queue
        self.type = type
        self.byState = byState
    }

    /// The number of jobs in a state.
    public subscript(state: JobState) -> Int { byState[state.rawValue] }
}

/// The counts that the store maintains.
public struct StoreCounts: Sendable, Hashable {
    /// Every queue and type that has jobs, ordered by queue, then type.
    public var lanes: [LaneCounts] = []
    /// The paused queues, in order.
    public var paused: [String] = []
    /// When the oldest waiting job that is due became due, by queue; queues without one are missing.
    public var oldestDue: [String: Timestamp] = [:]
    /// Waiting announcements, by return queue.
    public var returns: [String: Int] = [:]
    /// Announcements that retention dropped unread, by return queue.
    public var returnsDropped: [String: Int] = [:]
    /// Writes refused because of a stale token, since the store was created.
    public var staleRefused = 0
    /// The store's wall clock at the time of the count.
    public var at: Timestamp

    /// Creates empty counts.
    public init(at: Timestamp) { self.at = at }

    /// The number of jobs in a state, over all queues and types.
    public func total(_ state: JobState) -> Int { lanes.reduce(0) { $0 + $1[state] } }
}

/// The attempts and jobs of one type that ended within one minute.
public struct HistoryRow: Sendable, Hashable {
    /// The start of the minute.
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
    /// The total run time of these attempts, in microseconds.
    public var ranMicroseconds: Int64 = 0
    /// The longest run time among them, in microseconds.
    public var longestMicroseconds: Int64 = 0

    /// Creates an empty row.
    public init(minute: Timestamp, type: String) {
        self.minute = minute
        self.type = type
    }
}

/// What keeps a job from starting.
public struct JobStanding: Sendable, Hashable {
    /// The record.
    public var record: JobRecord
    /// Whether its queue is paused.
    public var isPaused = false
    /// How many due jobs of its queue are ahead of it, counted up to `Limits.rankCap`.
    public var ahead = 0
    /// The job that holds its unique key, if the job is held.
    public var predecessor: JobID?
    /// The store's wall clock.
    public var at: Timestamp

    /// Creates a standing.
    public init(record: JobRecord, at: Timestamp) {
        self.record = record
        self.at = at
    }
}
