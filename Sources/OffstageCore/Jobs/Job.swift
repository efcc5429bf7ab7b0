// A job as its author writes it: a Codable value with a name and a function. The web side makes and enqueues it; the
// worker side decodes and performs it. The two sides share this type and nothing else.

/// A unit of work: its arguments are the value's own properties.
public protocol Job: Codable, Sendable {
    /// What the job returns; stored as JSON if it is Encodable, and as null otherwise.
    associatedtype Output: Sendable
    /// The type's name as it is stored; it stays the same when the Swift type is renamed.
    static var name: String { get }
    /// What an enqueue uses for options that it does not set.
    static var defaults: JobDefaults { get }
    /// How long a failed job waits for its next attempt.
    static var retryPolicy: RetryPolicy { get }
    /// Whether `perform` blocks its thread and must have a dedicated one.
    static var isBlocking: Bool { get }
    /// Does the work; called at least once, on a worker.
    func perform(in context: JobContext) async throws -> Output
}

extension Job {
    /// The defaults of all jobs.
    public static var defaults: JobDefaults { JobDefaults() }
    /// The standard curve.
    public static var retryPolicy: RetryPolicy { .standard }
    /// Not blocking.
    public static var isBlocking: Bool { false }
}

/// What an enqueue of a type uses for options that it does not set.
public struct JobDefaults: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int
    /// How many attempts may count before the job is discarded.
    public var maxAttempts: Int
    /// The longest time that one attempt may run; nil for no limit.
    public var timeout: Duration?
    /// The return queue on which the job's end is announced.
    public var returnQueue: String?

    /// Creates defaults.
    public init(
        queue: String = "default", priority: Int = 4, maxAttempts: Int = 20, timeout: Duration? = nil,
        returnQueue: String? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.returnQueue = returnQueue
    }
}

/// Thrown by a handler to run the job again later, which costs no attempt.
public struct Snooze: Error, Sendable, Hashable {
    /// When to run it again.
    public let until: When
    /// Runs the job again after a duration.
    public init(for duration: Duration) { until = .after(duration) }
    /// Runs the job again at a moment.
    public init(until moment: Timestamp) { until = .at(moment) }
}

/// Thrown by a handler when no further attempt will help.
public struct Discard: Error, Sendable, Hashable {
    /// The reason.
    public let reason: String
    /// Discards the job for a reason.
    public init(_ reason: String) { self.reason = reason }
}

/// Thrown by a handler when this attempt failed and the next one should start at a given time.
public struct RetryAt: Error, Sendable, Hashable {
    /// When to make the next attempt.
    public let when: When
    /// The reason.
    public let reason: String
    /// Asks for the next attempt at a time.
    public init(_ when: When, _ reason: String) {
        self.when = when
        self.reason = reason
    }
}
