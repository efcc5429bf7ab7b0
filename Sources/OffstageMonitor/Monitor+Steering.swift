// Manual changes. A change by id returns an answer for every job. A change by filter asks the store in chunks and
// reports counts after each, so a million jobs are cancelled in many short transactions and a person sees the progress.
public import OffstageCore

/// The totals of a change by filter so far.
public struct ChangeTotals: Sendable, Hashable {
    /// How many jobs were changed, or would be in a dry run.
    public var changed = 0
    /// How many jobs matched the filter and could not be changed.
    public var refused = 0

    /// Creates totals of zero.
    public init() {}
}

extension Monitor {
    /// Cancels, retries, removes or reschedules jobs by id. Returns one answer for each, in order. A dry run changes
    /// nothing and returns the same answers.
    ///
    /// Throws InvalidJob for a time more than ten years ahead, and what the store throws. In the latter case, earlier
    /// batches of 1,000 have already been changed.
    @discardableResult
    public func change(_ action: ChangeAction, _ ids: [JobID], dryRun: Bool = false) async throws -> [ChangeAnswer] {
        try check(action)
        var answers: [ChangeAnswer] = []
        for batch in ids.batches {
            answers += try await store.change(ChangeRequest(action, .ids(Array(batch)), dryRun: dryRun)).answers
        }
        return answers
    }

    /// Cancels, retries, removes or reschedules all jobs that match a filter. A dry run only counts them.
    ///
    /// `progress` is called with the totals after each chunk of at most 1,000 changes. Throws as the change by id does,
    /// and CancellationError between chunks.
    @discardableResult
    public func change(
        _ action: ChangeAction, all filter: JobFilter, dryRun: Bool = false,
        progress: ((ChangeTotals) -> Void)? = nil
    ) async throws -> ChangeTotals {
        try check(action)
        var totals = ChangeTotals()
        var cursor: String?
        repeat {
            try Task.checkCancellation()
            let target = ChangeRequest.Target.filter(filter, after: cursor)
            let reply = try await store.change(ChangeRequest(action, target, dryRun: dryRun))
            totals.changed += reply.changed
            totals.refused += reply.refused
            cursor = reply.next
            progress?(totals)
        } while cursor != nil
        return totals
    }

    /// Cancels jobs: waiting ones at once, while running ones are asked to stop within one heartbeat.
    @discardableResult
    public func cancel(_ ids: JobID...) async throws -> [ChangeAnswer] { try await change(.cancel, ids) }

    /// Makes jobs available now; a job that has used up its attempts gets one more.
    @discardableResult
    public func retry(_ ids: JobID...) async throws -> [ChangeAnswer] { try await change(.retry, ids) }

    /// Removes the records of jobs; running ones are refused.
    @discardableResult
    public func remove(_ ids: JobID...) async throws -> [ChangeAnswer] { try await change(.remove, ids) }

    /// Moves waiting jobs to another time.
    @discardableResult
    public func reschedule(_ ids: JobID..., to when: When) async throws -> [ChangeAnswer] {
        try await change(.reschedule(when), ids)
    }

    /// Stops a queue from giving out jobs on all workers, including prefetched ones. Returns false if it was already
    /// paused. Throws InvalidJob for an invalid name.
    @discardableResult
    public func pause(_ queue: String) async throws -> Bool {
        try await store.setPaused(true, queue: try Names.check(queue, what: "queue"))
    }

    /// Lets a paused queue give out jobs again. Returns false if it was not paused. Throws InvalidJob for an invalid
    /// name.
    @discardableResult
    public func resume(_ queue: String) async throws -> Bool {
        try await store.setPaused(false, queue: try Names.check(queue, what: "queue"))
    }

    /// Removes all jobs of a queue that neither run nor have ended. Returns how many. Throws InvalidJob for an invalid
    /// name.
    @discardableResult
    public func clear(
        _ queue: String, dryRun: Bool = false, progress: ((ChangeTotals) -> Void)? = nil
    ) async throws -> Int {
        try Names.check(queue, what: "queue")
        var totals = ChangeTotals()
        // In the order in which jobs move on by themselves, so that no job moves into a state that has already been
        // cleared.
        for state in [JobState.held, .scheduled, .retryable, .available] {
            let filter = JobFilter(state: state, queue: queue)
            let before = totals
            let part = try await change(.remove, all: filter, dryRun: dryRun) { part in
                progress?(before.adding(part))
            }
            totals = before.adding(part)
        }
        return totals.changed
    }

    /// Tells a live worker to stop reserving. Returns false if there is no such worker.
    @discardableResult
    public func quiet(_ worker: WorkerID) async throws -> Bool { try await store.command(.quiet, to: worker) }

    /// Tells a live worker to stop as on SIGTERM. Returns false if there is no such worker.
    @discardableResult
    public func stop(_ worker: WorkerID) async throws -> Bool { try await store.command(.stop, to: worker) }

    private func check(_ action: ChangeAction) throws(InvalidJob) {
        guard case .reschedule(let when) = action else { return }
        try Limits().check(when, "new time", at: time.now())
    }
}

extension ChangeTotals {
    fileprivate func adding(_ other: ChangeTotals) -> ChangeTotals {
        var sum = self
        sum.changed += other.changed
        sum.refused += other.refused
        return sum
    }
}
