// The first of the four parts: it puts jobs on a queue, and does nothing else. It chooses the id before it asks the
// store, so a caller that lost the reply can send the same job again. For that reason, errors name the ids that they
// are about. The path of a job is short: options make a NewJob, middleware may look at it, the store answers, and the
// answer becomes a receipt.
public import OffstageCore

/// Puts jobs on a store's queues.
public struct Enqueuer: Sendable {
    /// The store that keeps the jobs.
    public let store: any EnqueuerStore
    /// What a job may carry.
    public var limits: Limits { path.limits }
    let path: EnqueuePath
    let time: any TimeSource
    private let ids: JobIDSource

    /// Creates an enqueuer. Middleware is called in the given order, the first one outermost.
    public init(
        _ store: any EnqueuerStore, middleware: [any EnqueueMiddleware] = [], limits: Limits = Limits(),
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()
    ) {
        self.store = store
        path = EnqueuePath(middleware: middleware, limits: limits, time: time)
        self.time = time
        ids = JobIDSource(time: time, random: random)
    }

    /// Enqueues a job, now or after a delay by the store's clock. When this returns, the store keeps the job.
    ///
    /// Throws InvalidJob for a job that is out of bounds or refused, EnqueueError if it remains unknown whether the job
    /// was stored, and StoreError if the store could not store it.
    @discardableResult
    public func enqueue<J: Job>(
        _ job: J, after delay: Duration? = nil, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions()
    ) async throws -> Ticket<J.Output> {
        let prepared = try prepare(job, start: delay.map { .after($0) }, unique: unique, options: options)
        return ticket(for: try await enqueueOne(prepared))
    }

    /// Enqueues a job to start at a moment by the store's wall clock; a moment in the past means at once. Throws as the
    /// other one does.
    @discardableResult
    public func enqueue<J: Job>(
        _ job: J, at moment: Timestamp, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions()
    ) async throws -> Ticket<J.Output> {
        ticket(for: try await enqueueOne(try prepare(job, start: .at(moment), unique: unique, options: options)))
    }

    /// Enqueues a job by the name of its type, with raw arguments, by convention JSON. Throws as the typed one does.
    @discardableResult
    public func enqueue(
        type: String, arguments: [UInt8], options: EnqueueOptions = EnqueueOptions()
    ) async throws -> EnqueueReceipt {
        try await enqueueOne(try prepare(type: type, arguments: arguments, options: options))
    }

    /// Enqueues a job by the name of its type, with a value as its arguments, for a handler that is a closure. Throws
    /// as the typed one does.
    @discardableResult
    public func enqueue(
        type: String, encoding value: some Encodable, options: EnqueueOptions = EnqueueOptions()
    ) async throws -> EnqueueReceipt {
        try await enqueue(type: type, arguments: try ArgumentsEncoder.encode(value), options: options)
    }

    /// Makes the job that a store takes, validated and with its id, without storing it.
    public func prepare<J: Job>(
        _ job: J, start: When? = nil, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions()
    ) throws -> NewJob {
        var options = options
        if let start { options.start = start }
        if let unique { options.unique = unique }
        return try options.newJob(id: ids.next(), job, limits: limits, now: time.now()).housed(in: store)
    }

    /// Makes the job that a store takes from a type's name and arguments, validated and with its id, without storing
    /// it.
    public func prepare(
        type: String, arguments: [UInt8], options: EnqueueOptions = EnqueueOptions()
    ) throws -> NewJob {
        try options.newJob(id: ids.next(), type: type, arguments: arguments, limits: limits, now: time.now())
            .housed(in: store)
    }

    /// Makes a ticket for a job that was enqueued earlier or by another process. The output type must be what its
    /// handler returns.
    public func ticket<J: Job>(for id: JobID, of type: J.Type) -> Ticket<J.Output> {
        Ticket(id: id, receipt: nil, store: store, time: time)
    }

    /// Makes a ticket for a job whose handler is a closure or a program, and returns an output of this type.
    public func ticket<Output: Sendable>(for id: JobID, returning output: Output.Type) -> Ticket<Output> {
        Ticket(id: id, receipt: nil, store: store, time: time)
    }

    func ticket<Output: Sendable>(for receipt: EnqueueReceipt) -> Ticket<Output> {
        Ticket(id: receipt.id, receipt: receipt, store: store, time: time)
    }

    // A single job needs no totals. The error is what stopped the job, unless it is unknown whether the job was stored.
    private func enqueueOne(_ job: NewJob) async throws -> EnqueueReceipt {
        try EnqueueReceipt.of(try await send([job])[0], id: job.id).get()
    }
}
