// Streams of any length in bounded memory. The caller's own task reads and encodes, and one child task commits. Between
// them lies one batch: while one batch is being committed, the next one gathers. Batches are committed one at a time
// and in order, so after a failure the number of answered jobs is the index to continue from. With a slow source, a
// batch is sent before it is full.
public import OffstageCore

extension Enqueuer {
    /// Enqueues a sequence of jobs of any length, in batches of up to 1,000. Returns the totals.
    ///
    /// `report` is called after each batch. Throws EnqueueError with the totals so far. If the source threw or produced
    /// an invalid job, that is the error's cause, and everything before it is stored.
    @discardableResult
    public func enqueue<S: AsyncSequence>(
        stream jobs: S, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions(),
        report: (@Sendable (EnqueueReport) -> Void)? = nil
    ) async throws(EnqueueError) -> EnqueueTotals where S.Element: Job {
        var iterator = jobs.makeAsyncIterator()
        return try await commit(whenFull: false, report) {
            guard let job = try await iterator.next(isolation: #isolation) else { return nil }
            return try prepare(job, unique: unique, options: try options.ofMany())
        }
    }

    /// Enqueues a sequence of jobs of any length, in batches of 1,000. Returns the totals; reports and throws as the
    /// asynchronous one does.
    @discardableResult
    public func enqueue<S: Sequence>(
        stream jobs: S, unique: Unique? = nil, options: EnqueueOptions = EnqueueOptions(),
        report: (@Sendable (EnqueueReport) -> Void)? = nil
    ) async throws(EnqueueError) -> EnqueueTotals where S.Element: Job {
        var iterator = jobs.makeIterator()
        return try await commit(whenFull: true, report) {
            try iterator.next().map { try prepare($0, unique: unique, options: try options.ofMany()) }
        }
    }

    /// Enqueues a sequence of prepared jobs of any length. Returns the totals; reports and throws as the typed one
    /// does.
    @discardableResult
    public func enqueue<S: AsyncSequence>(
        stream jobs: S, report: (@Sendable (EnqueueReport) -> Void)? = nil
    ) async throws(EnqueueError) -> EnqueueTotals where S.Element == NewJob {
        var iterator = jobs.makeAsyncIterator()
        return try await commit(whenFull: false, report) { try await iterator.next(isolation: #isolation).map(checked) }
    }

    /// Enqueues a sequence of prepared jobs of any length. Returns the totals; reports and throws as the typed one
    /// does.
    @discardableResult
    public func enqueue<S: Sequence>(
        stream jobs: S, report: (@Sendable (EnqueueReport) -> Void)? = nil
    ) async throws(EnqueueError) -> EnqueueTotals where S.Element == NewJob {
        var iterator = jobs.makeIterator()
        return try await commit(whenFull: true, report) { try iterator.next().map(checked) }
    }

    private func checked(_ job: NewJob) throws -> NewJob {
        try job.validate(limits, now: time.now())
        return job
    }

    private func commit(
        whenFull: Bool, _ report: (@Sendable (EnqueueReport) -> Void)?, from next: () async throws -> NewJob?
    ) async throws(EnqueueError) -> EnqueueTotals {
        let buffer = BatchBuffer(waitsUntilFull: whenFull)
        let (ended, problem) = await withTaskGroup(of: StreamEnd.self) { group in
            group.addTask { await commit(all: buffer, report) }
            var problem: (any Error)?
            do {
                while let job = try await next(), await buffer.put(job) { try Task.checkCancellation() }
            } catch {
                problem = error
            }
            buffer.finish()
            return (await group.next() ?? StreamEnd(), problem)
        }
        if let error = ended.error { throw error }
        if let problem { throw EnqueueError(problem, jobs: [], totals: ended.totals) }
        return ended.totals
    }

    private func commit(all buffer: BatchBuffer, _ report: (@Sendable (EnqueueReport) -> Void)?) async -> StreamEnd {
        var end = StreamEnd()
        while let batch = await buffer.take() {
            do throws(EnqueueError) {
                let first = end.totals.answered
                let results = try await send(batch, counting: &end.totals)
                report?(EnqueueReport(first: first, results: results, totals: end.totals))
            } catch {
                buffer.stop()
                end.error = error
                return end
            }
        }
        return end
    }
}

/// How the commits of a stream ended.
private struct StreamEnd: Sendable {
    var totals = EnqueueTotals()
    var error: EnqueueError?
}

extension EnqueueOptions {
    /// Returns the options if they can apply to more than one job.
    fileprivate func ofMany() throws -> EnqueueOptions {
        guard id == nil else { throw InvalidJob("one id cannot name the jobs of a stream") }
        return self
    }
}
