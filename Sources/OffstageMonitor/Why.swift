// The answer to "why does this job not run?". Several things can keep a job at the same time. The answer names the one
// that must go first, in the order of WhyComposer; its text mentions the others.
public import OffstageCore

/// Why a job is not running, or what runs it, and the next event that changes that.
public struct Why: Sendable, Hashable {
    /// What keeps a job from running.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Its time has not come.
        case notDue = "not_due"
        /// Its queue is paused.
        case paused
        /// No live worker handles its type and serves its queue.
        case noWorker = "no_worker"
        /// Other jobs come first, or it is next in line.
        case behind
        /// A worker holds it.
        case leased
        /// It failed, and its next attempt is in the future.
        case retryAt = "retry_at"
        /// It is held until a job with the same unique key has ended.
        case predecessor
        /// It has ended.
        case ended
    }

    /// The job.
    public var id: JobID
    /// Its state.
    public var state: JobState
    /// What keeps it from running.
    public var reason: Reason
    /// One line for a person.
    public var text: String
    /// When that changes without intervention, if known.
    public var until: Timestamp?
    /// Who is responsible: the worker that holds it, the workers that are busy, or the job that it waits for.
    public var by: [String]
}

extension Monitor {
    /// Returns why a job is not running; nil if there is no such job.
    public func why(_ id: JobID) async throws -> Why? {
        guard let standing = try await store.standing(of: id) else { return nil }
        let needsWorkers = standing.record.state == .running || standing.record.state.isWaiting
        let workers = needsWorkers ? try await store.workers() : []
        return WhyComposer(standing: standing, workers: workers).why()
    }
}
