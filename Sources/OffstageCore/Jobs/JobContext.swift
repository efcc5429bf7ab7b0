// What a handler holds while it runs: facts about its job, and the few things it may say about itself. It lives in
// the core because a Job's `perform` names it and both sides know that type; what stands behind it is the worker's
// business (JobServices).
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a worker does for a handler that runs.
package protocol JobServices: Sendable {
    /// Puts progress or a checkpoint on the record, fenced by the token.
    func note(_ note: JobNote) async throws
    /// Enqueues children the way of all jobs.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer]
    /// Keeps a job to be stored with the completion of this one. Throws InvalidJob if there are too many.
    func follow(with job: NewJob, token: Token) throws
    /// Takes the follow-ups that an attempt has asked for.
    func takeFollowUps(of token: Token) -> [NewJob]
    /// Sends follow-ups the way of all jobs, as far as that leads before they are stored. What it throws fails the
    /// attempt.
    func pass(_ followUps: [NewJob], of token: Token) async throws -> [NewJob]
    /// What children, follow-ups, results and checkpoints may carry.
    var limits: Limits { get }
    /// An identifier for a child without a key.
    func makeID() -> JobID
    /// The wall clock's now, by which a child's times are checked.
    var now: Timestamp { get }
    /// The store that children will be in.
    var store: any JobSink { get }
    /// Takes that the attempt could not begin, for want of something that the machine lacks for now.
    func couldNotStart(_ reason: String, token: Token)
    /// Where a handler's log lines go.
    var log: any Log { get }
}

extension JobServices {
    package func couldNotStart(_ reason: String, token: Token) {}
}

/// A running job's view of itself.
public struct JobContext: Sendable {
    /// The job: its token, type, arguments, queue, tags and metadata.
    public let job: ReservedJob
    private let services: any JobServices

    package init(job: ReservedJob, services: any JobServices) {
        self.job = job
        self.services = services
    }

    /// The job's identifier.
    public var id: JobID { job.id }
    /// The number of this attempt, from 1.
    public var attempt: Int { job.token.attempt }
    /// What an earlier attempt saved to go on from.
    public var checkpoint: [UInt8]? { job.checkpoint }
    /// Where log lines go.
    public var log: any Log { services.log }

    /// Decodes what an earlier attempt saved; nil if nothing was.
    public func checkpoint<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try job.checkpoint.map { try JSONReading.decode(type, from: $0) }
    }

    /// Says how far the job is, from 0 to 1, with a few words. Throws LeaseLost if somebody else runs the job by now.
    public func report(progress fraction: Double, _ note: String = "") async throws {
        let progress = Progress(fraction: fraction, note: note)
        try await services.note(JobNote(token: job.token, kind: .progress(progress)))
    }

    /// Saves bytes that a later attempt can go on from, at most 1 MiB, as they are. Throws LeaseLost if somebody else
    /// runs the job by now.
    public func save(rawCheckpoint checkpoint: [UInt8]) async throws {
        let most = services.limits.checkpointBytes
        guard checkpoint.count <= most else {
            throw InvalidJob("the checkpoint is \(checkpoint.count) bytes, over the limit of \(most)")
        }
        try await services.note(JobNote(token: job.token, kind: .checkpoint(checkpoint)))
    }

    /// Saves a value that a later attempt can go on from, as JSON of at most 1 MiB. Throws as the other does.
    public func save(checkpoint value: some Encodable) async throws {
        let bytes = [UInt8](try JSONEncoder().encode(value))
        try JSON.checkDepth(bytes, "the checkpoint's values")
        try await save(rawCheckpoint: bytes)
    }

    /// Enqueues a child and returns the id of the job that does the work: the child, or the holder of its unique key.
    ///
    /// With a key, a parent that runs again does not enqueue it twice: the id comes from (parent, key) and alone
    /// decides, so the first child's arguments and options stand. Throws InvalidJob for what is out of bounds or
    /// refused, EnqueueError if it stays unknown whether the child was stored, and what middleware and the store
    /// throw.
    @discardableResult
    public func enqueue<J: Job>(_ child: J, key: String? = nil, options: EnqueueOptions = .init()) async throws -> JobID
    {
        try await enqueue([(child, key)], options: options)[0]
    }

    /// Enqueues children of one type in as few round trips as the batch limit allows; returns an id for each in order,
    /// and throws as the other does.
    @discardableResult
    public func enqueue<J: Job>(_ children: [(job: J, key: String?)], options: EnqueueOptions = .init()) async throws
        -> [JobID]
    {
        guard options.id == nil || children.count < 2 else {
            throw InvalidJob("one id cannot name \(children.count) jobs")
        }
        let jobs = try children.map { child, key in
            try newChild(child, key: key, options: options).housed(in: services.store, childWithKey: key)
        }
        var ids: [JobID] = []
        ids.reserveCapacity(jobs.count)
        for batch in jobs.batches {
            for (answer, job) in zip(try await services.enqueue(Array(batch)), batch) {
                switch answer {
                case .stored, .repeated: ids.append(job.id)
                case .duplicate(let holder, _), .replaced(let holder, _): ids.append(holder)
                case .refused(let refusal): throw InvalidJob(refusal.description)
                }
            }
        }
        return ids
    }

    /// Keeps a job to be stored in the transaction that completes this one; it is not stored if this attempt does not
    /// complete. At most 1,000 of them, with 16 MiB of arguments.
    ///
    /// Throws InvalidJob for what is out of bounds; on a store of several partitions that is a unique key and an id
    /// of its own, too. What only the store can see, such as a unique key that another job holds, is an error on this
    /// job's record and `WorkerEvent.followUpRefused`.
    public func follow<J: Job>(with next: J, key: String? = nil, options: EnqueueOptions = .init()) throws {
        let next = try newChild(next, key: key, options: options).housed(in: services.store, beside: id)
        try services.follow(with: next, token: job.token)
    }

    /// Says that this attempt could not begin, for want of something that the machine lacks for now: the worker
    /// reserves fewer jobs. The handler then ends with `Outcome.interrupted`, which costs nothing.
    package func couldNotStart(_ reason: String) { services.couldNotStart(reason, token: job.token) }

    private func newChild<J: Job>(_ child: J, key: String?, options: EnqueueOptions) throws -> NewJob {
        let childID = key.map { JobID(childOf: id, key: $0) } ?? services.makeID()
        var job = try options.newJob(id: childID, child, limits: services.limits, now: services.now)
        job.idIsDerived = key != nil && options.id == nil
        job.parent = id
        return job
    }
}

/// Thrown to a handler whose lease is no longer its own: it should stop, somebody else runs the job.
public struct LeaseLost: Error, Sendable, Hashable, CustomStringConvertible {
    /// Creates the error.
    public init() {}
    /// One line.
    public var description: String { "the lease on this job is lost; another worker may be running it" }
}
