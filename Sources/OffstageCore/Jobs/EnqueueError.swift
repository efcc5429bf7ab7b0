// The failure of a batch, with all that a caller needs to continue: what was answered before it, which jobs it was
// about, and whether they may have been stored nevertheless.

/// A batch that could not be enqueued, with the totals of what was answered before it.
public struct EnqueueError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    public let cause: any Error
    /// The jobs of the batch that failed, as they were sent; `enqueue(again:)` takes them. Empty if the source failed
    /// and not a batch.
    public let jobs: [NewJob]
    /// The totals of the jobs that were answered.
    public let totals: EnqueueTotals

    package init(_ cause: any Error, jobs: [NewJob], totals: EnqueueTotals) {
        self.cause = cause
        self.jobs = jobs
        self.totals = totals
    }

    /// The ids of the jobs that failed.
    public var ids: [JobID] { jobs.map(\.id) }

    /// Whether the jobs may have been stored; sending them again with the same ids is safe.
    public var isUnknown: Bool {
        if case .unknownOutcome? = cause as? StoreError { true } else { false }
    }

    /// One line: the cause, and how many jobs were answered before it.
    public var description: String {
        var text = "\(cause)"
        if jobs.count == 1 { text += " (job \(jobs[0].id))" }
        if jobs.count > 1 { text += " (\(jobs.count) jobs from \(jobs[0].id) on)" }
        if totals.answered > 0 {
            text += "; before that \(totals.stored) stored"
            if totals.duplicates > 0 { text += ", \(totals.duplicates) duplicates" }
            if totals.replaced > 0 { text += ", \(totals.replaced) replaced" }
            if totals.refused > 0 { text += ", \(totals.refused) refused" }
        }
        return text
    }
}
