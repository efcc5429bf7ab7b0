// Many jobs in one call. They cross the seam in order, in batches of up to Limits.batch, and each batch is one commit.
// If a batch fails, the error states how many jobs were answered before it; the caller can continue from there.
public import OffstageCore

extension Enqueuer {
    /// Enqueues jobs of one type, up to 1,000 in a round trip. Returns a ticket for each job, in order.
    ///
    /// Throws InvalidJob before anything is stored if one of the jobs is out of bounds. Throws EnqueueError, with the
    /// totals of what was stored, if a batch fails or a job is refused.
    @discardableResult
    public func enqueue<J: Job>(
        all jobs: [J], after delay: Duration? = nil, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions()
    ) async throws -> [Ticket<J.Output>] {
        guard options.id == nil || jobs.count < 2 else { throw InvalidJob("one id cannot name \(jobs.count) jobs") }
        let prepared = try jobs.map {
            try prepare($0, start: delay.map { .after($0) }, unique: unique, options: options)
        }
        var totals = EnqueueTotals()
        var tickets: [Ticket<J.Output>] = []
        tickets.reserveCapacity(jobs.count)
        for batch in prepared.batches {
            for (result, job) in zip(try await send(Array(batch), counting: &totals), batch) {
                switch result {
                case .success(let receipt): tickets.append(ticket(for: receipt))
                case .failure(let refusal): throw EnqueueError(refusal, jobs: [job], totals: totals)
                }
            }
        }
        return tickets
    }

    /// Enqueues prepared jobs, up to 1,000 in a round trip. Returns for each job, in order, a receipt or the reason of
    /// its refusal.
    ///
    /// Throws InvalidJob before anything is stored if one of the jobs is out of bounds, and EnqueueError if a batch
    /// fails.
    @discardableResult
    public func enqueue(batch jobs: [NewJob]) async throws -> [EnqueueResult] {
        for job in jobs { try job.validate(limits, now: time.now()) }
        var totals = EnqueueTotals()
        var results: [EnqueueResult] = []
        results.reserveCapacity(jobs.count)
        for batch in jobs.batches { results += try await send(Array(batch), counting: &totals) }
        return results
    }

    /// Sends the jobs of an error again, unchanged and without the middleware, which they have passed before.
    ///
    /// A job that had been stored after all is reported as a duplicate of itself. Throws EnqueueError if it fails
    /// again.
    @discardableResult
    public func enqueue(again error: EnqueueError) async throws -> [EnqueueResult] {
        try await Enqueuer(store, limits: limits, time: time).enqueue(batch: error.jobs)
    }
}
