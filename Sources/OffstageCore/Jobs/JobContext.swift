// What a handler has while it runs: facts about its job, and the few things that it can report about itself. It is part
// of the core because a Job's `perform` names it and both sides know that type. The worker implements what is behind it
// (JobServices).
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a worker does for a running handler.
package protocol JobServices: Sendable {
    /// Puts progress or a checkpoint on the record, fenced by the token.
    func note(_ note: JobNote) async throws
    /// Enqueues children on the path of all jobs.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer]
    /// Keeps a job to be stored with the completion of this one. Throws InvalidJob if there are too many.
    func follow(with job: NewJob, token: Token) throws
    /// Removes and returns the follow-ups that an attempt has asked for.
    func takeFollowUps(of token: Token) -> [NewJob]
    /// Sends follow-ups along the path of all jobs, up to the point where they would be stored. What it throws fails
    /// the attempt.
    func pass(_ followUps: [NewJob], of token: Token) async throws -> [NewJob]
    /// The bounds of children, follow-ups, results and checkpoints.
    var limits: Limits { get }
    /// Makes an identifier for a child without a key.
    func makeID() -> JobID
    /// The wall clock's now, against which a child's times are checked.
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

/// The view that a running job has of itself.
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
    /// What an earlier attempt saved to continue from.
    public var checkpoint: [UInt8]? { job.checkpoint }
    /// Where log lines go.
    public var log: any Log { services.log }

    /// Decodes the checkpoint of an earlier attempt; nil if there is none. Throws if it cannot be decoded as this type.
    public func checkpoint<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try job.checkpoint.map { try JSONReading.decode(type, from: $0) }
    }

    /// Reports how far the job is, from 0 to 1, with a short note. Throws LeaseLost if another worker runs the job by
    /// now.
    public func report(progress fraction: Double, _ note: String = "") async throws {
        let progress = Progress(fraction: fraction, note: note)
        try await services.note(JobNote(token: job.token, kind: .progress(progress)))
    }

    /// Saves raw bytes that a later attempt can continue from, at most `Limits.checkpointBytes`, 1 MiB by default.
    /// Throws InvalidJob if they are longer, and LeaseLost if another worker runs the job by now.
    public func save(rawCheckpoint checkpoint: [UInt8]) async throws {
        let most = services.limits.checkpointBytes
        guard checkpoint.count <= most else {
            throw InvalidJob("the checkpoint is \(checkpoint.count) bytes, over the limit of \(most)")
        }
        try await services.note(JobNote(token: job.token, kind: .checkpoint(checkpoint)))
    }

    /// Saves a value as JSON that a later attempt can continue from. Has the limit of `save(rawCheckpoint:)` and throws
    /// as it does.
    public func save(checkpoint value: some Encodable) async throws {
        let bytes = [UInt8](try JSONEncoder().encode(value))
        try JSON.checkDepth(bytes, "the checkpoint's values")
        try await save(rawCheckpoint: bytes)
    }

    /// Enqueues a child. Returns the id of the job that does the work: the child, or the holder of its unique key.
    ///
    /// With a key, a parent that runs again does not enqueue the child twice. The id is derived from the parent and the
    /// key, and only the id is compared, so the first child's arguments and options stay. Throws InvalidJob for a child
    /// that is out of bounds or refused, EnqueueError if it remains unknown whether the child was stored, and what
    /// middleware and the store throw.
    @discardableResult
    public func enqueue<J: Job>(_ child: J, key: String? = nil, options: EnqueueOptions = .init()) async throws -> JobID
    {
        try await enqueue([(child, key)], options: options)[0]
    }

    /// Enqueues children of one type in as few round trips as the batch limit allows. Returns an id for each, in order,
    /// and throws as the other one does.
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

    /// Keeps a job to be stored in the transaction that completes this one. It is not stored if this attempt does not
    /// complete. At most 1,000 of them are allowed, with 16 MiB of arguments in total.
    ///
    /// Throws InvalidJob for a job that is out of bounds. On a store with several partitions, a unique key or a
    /// caller's own id is out of bounds, too. What only the store can see, such as a unique key that another job holds,
    /// becomes an error on this job's record and a `WorkerEvent.followUpRefused`.
    public func follow<J: Job>(with next: J, key: String? = nil, options: EnqueueOptions = .init()) throws {
        let next = try newChild(next, key: key, options: options).housed(in: services.store, beside: id)
        try services.follow(with: next, token: job.token)
    }

    /// Reports that this attempt could not begin because the machine currently lacks a resource; the worker then
    /// reserves fewer jobs. The handler ends with `Outcome.interrupted`, which costs no attempt.
    package func couldNotStart(_ reason: String) { services.couldNotStart(reason, token: job.token) }

    private func newChild<J: Job>(_ child: J, key: String?, options: EnqueueOptions) throws -> NewJob {
        let childID = key.map { JobID(childOf: id, key: $0) } ?? services.makeID()
        var job = try options.newJob(id: childID, child, limits: services.limits, now: services.now)
        job.idIsDerived = key != nil && options.id == nil
        job.parent = id
        return job
    }
}

/// Thrown to a handler that no longer holds its lease. It should stop, because another worker may run the job.
public struct LeaseLost: Error, Sendable, Hashable, CustomStringConvertible {
    /// Creates the error.
    public init() {}
    /// One line.
    public var description: String { "the lease on this job is lost; another worker may be running it" }
}
