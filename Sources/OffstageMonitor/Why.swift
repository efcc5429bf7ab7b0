// The answer to "why does this job not run?". A job can be kept by several things at once; the answer names the one
// that has to go first, in the order of WhyComposer, and its text mentions the others.
public import OffstageCore

/// Why a job is not running, or what runs it, and the next event that changes that.
public struct Why: Sendable, Hashable {
    /// What keeps a job.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Its time has not come.
        case notDue = "not_due"
        /// Its queue is paused.
        case paused
        /// No live worker knows its type and serves its queue.
        case noWorker = "no_worker"
        /// Others come first, or it is next in line.
        case behind
        /// A worker holds it.
        case leased
        /// It failed, and its next attempt lies ahead.
        case retryAt = "retry_at"
        /// It is held until a job with the same unique key has ended.
        case predecessor
        /// It has ended.
        case ended
    }

    /// The job.
    public var id: JobID
    /// Where it stands.
    public var state: JobState
    /// What keeps it.
    public var reason: Reason
    /// One line for a person.
    public var text: String
    /// When that changes by itself, if that is known.
    public var until: Timestamp?
    /// Who is behind it: the worker that holds it, the workers that are busy, or the job it waits for.
    public var by: [String]
}

extension Monitor {
    /// Why a job is not running; nil if there is no such job.
    public func why(_ id: JobID) async throws -> Why? {
        guard let standing = try await store.standing(of: id) else { return nil }
        let needsWorkers = standing.record.state == .running || standing.record.state.isWaiting
        let workers = needsWorkers ? try await store.workers() : []
        return WhyComposer(standing: standing, workers: workers).why()
    }
}
