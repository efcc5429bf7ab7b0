// The options of one enqueue, and the one place that turns a typed job and its options into the NewJob that a store
// takes. Both the enqueuer and the context of a running handler use it, so a child is made exactly like any other job.

/// How a job should be unique.
public struct Unique: Sendable, Hashable {
    /// What makes two jobs count as the same.
    public enum Source: Sendable, Hashable {
        /// All arguments, as canonical JSON.
        case arguments
        /// These members of the arguments, as canonical JSON.
        case members([String])
        /// A key that the caller chooses.
        case key(String)
    }

    /// What makes two jobs count as the same.
    public var source: Source
    /// When the key is given up; nil for the job's end, or for the window alone if there is one.
    public var until: UniqueRule.Release?
    /// The longest the key is held.
    public var window: Duration?
    /// What an enqueue does when another job holds the key.
    public var onConflict: UniqueRule.Conflict

    /// Creates a rule from its parts.
    public init(
        _ source: Source, until: UniqueRule.Release? = nil, for window: Duration? = nil,
        onConflict: UniqueRule.Conflict = .existing
    ) {
        self.source = source
        self.until = until
        self.window = window
        self.onConflict = onConflict
    }

    /// Unique by all arguments until the job has ended.
    public static let byArguments = Unique(.arguments)
    /// Unique by some members of the arguments until the job has ended.
    public static func byArguments(_ members: String...) -> Unique { Unique(.members(members)) }
    /// Unique by a key until the job has ended.
    public static func key(_ key: String) -> Unique { Unique(.key(key)) }

    /// Returns the rule for these arguments. Throws if they are needed for the key and are not JSON, or if members are
    /// named and the arguments are not an object.
    public func rule(for arguments: [UInt8]) throws -> UniqueRule {
        let key: String
        switch source {
        case .key(let text): key = text
        case .arguments:
            key = "args:" + SHA256.hex(try JSON.parse(arguments).canonical())
        case .members(let names):
            guard case .object(let members) = try JSON.parse(arguments) else {
                throw InvalidJob("unique by members needs arguments that are a JSON object")
            }
            let chosen = members.filter { names.contains($0.name) }
            key = "args:" + SHA256.hex(JSON.object(chosen).canonical())
        }
        return UniqueRule(key: key, release: until, window: window, onConflict: onConflict)
    }
}

/// The options of one enqueue; nil uses the type's default.
public struct EnqueueOptions: Sendable, Hashable {
    /// The queue.
    public var queue: String?
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int?
    /// When the job may start.
    public var start = When.now
    /// How many attempts may count before the job is discarded.
    public var maxAttempts: Int?
    /// The longest time that one attempt may run.
    public var timeout: Duration?
    /// The time from which on the job must not start.
    public var expires: When?
    /// How the job should be unique.
    public var unique: Unique?
    /// Tags to find the job by.
    public var tags: [String] = []
    /// Small facts that travel with the job.
    public var metadata: [String: String] = [:]
    /// The return queue on which the job's end is announced.
    public var returnQueue: String?
    /// The caller's own id.
    public var id: JobID?

    /// Uses the type's defaults.
    public init() {}

    /// Makes the job that a store takes and validates it against the limits. Throws InvalidJob if it is out of bounds,
    /// and what `Unique.rule(for:)` throws.
    public func newJob(
        id: JobID, type: String, arguments: [UInt8], defaults: JobDefaults = JobDefaults(), limits: Limits = Limits(),
        now: @autoclosure () -> Timestamp? = nil
    ) throws -> NewJob {
        var job = NewJob(id: self.id ?? id, type: type, arguments: arguments)
        job.callerChoseID = self.id != nil
        job.queue = queue ?? defaults.queue
        job.priority = priority ?? defaults.priority
        job.start = start
        job.maxAttempts = maxAttempts ?? defaults.maxAttempts
        job.timeout = timeout ?? defaults.timeout
        job.expires = expires
        job.tags = tags
        job.metadata = metadata
        job.returnQueue = returnQueue ?? defaults.returnQueue
        job.unique = try unique?.rule(for: arguments)
        try job.validate(limits, now: now())
        return job
    }

    /// Makes the job that a store takes from a typed job.
    public func newJob<J: Job>(
        id: JobID, _ job: J, limits: Limits = Limits(), now: @autoclosure () -> Timestamp? = nil
    ) throws -> NewJob {
        let arguments = try ArgumentsEncoder.encode(job)
        return try newJob(
            id: id, type: J.name, arguments: arguments, defaults: J.defaults, limits: limits, now: now())
    }
}

/// Runs between an enqueue and the store. Middleware can change jobs, refuse them by throwing, or look at the answers.
public protocol EnqueueMiddleware: Sendable {
    /// Handles a batch: calls `next` to continue, and returns an answer for each job.
    ///
    /// Follow-ups pass through here when their handler has returned, before anything is settled; what the middleware
    /// throws then fails the attempt. They are stored together with their parent's completion, so `next` returns
    /// `stored(.held)` for them. A refusal by the store goes on the parent's record later.
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer]
}
