// The store at a glance: queues, types, workers, and what ended lately. All of it comes from counts that the store
// maintains.
public import OffstageCore

extension Monitor {
    /// Every queue that has jobs or is paused, by name, with its counts and how long its oldest due job has waited.
    public func queues() async throws -> [QueueOverview] { QueueOverview.of(try await store.counts()) }

    /// Every type that has jobs, by name, with its counts over all queues.
    public func types() async throws -> [TypeOverview] { TypeOverview.of(try await store.counts()) }

    /// What ended within the given time, by type and minute, oldest minute first; the store keeps 72 hours by default.
    public func history(last duration: Duration = .seconds(72 * 3600)) async throws -> [HistoryRow] {
        try await store.history(since: try await store.now() - duration)
    }

    /// What ended within the given time, by type, with its minutes.
    public func activity(last duration: Duration = .seconds(3600)) async throws -> [TypeActivity] {
        TypeActivity.of(try await history(last: duration))
    }

    /// The live workers, longest running first, each with the records of up to `limit` jobs that it has started.
    public func workers(jobs limit: Int = 20) async throws -> [WorkerOverview] {
        var overviews: [WorkerOverview] = []
        let order: (WorkerRecord, WorkerRecord) -> Bool = {
            ($0.status.startedAt, $0.status.id.bits) < ($1.status.startedAt, $1.status.id.bits)
        }
        for worker in try await store.workers().sorted(by: order) {
            let ids = Array(worker.running.prefix(max(0, min(limit, Limits.batch))))
            let found = ids.isEmpty ? [] : try await store.find(ids)
            // A job that has ended since the store listed it is not shown as running.
            let jobs = found.compactMap(\.self).filter { $0.worker == worker.status.id }
            overviews.append(WorkerOverview(worker: worker, jobs: jobs))
        }
        return overviews
    }

    /// The whole store in one value: counts, queues, types, workers, return queues, and what ended within the given
    /// time.
    public func stats(last duration: Duration = .seconds(3600)) async throws -> StatsOverview {
        StatsOverview(
            counts: try await store.counts(), workers: try await store.workers(),
            activity: try await activity(last: duration), period: duration)
    }
}
