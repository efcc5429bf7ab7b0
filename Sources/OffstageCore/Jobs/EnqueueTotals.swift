// Counts of the results of many jobs, for a caller that cannot keep an answer for each.

/// The results of a batch or stream so far.
public struct EnqueueTotals: Sendable, Hashable {
    /// Jobs that were stored.
    public var stored = 0
    /// Jobs for which nothing was stored, because the job or the work was already there.
    public var duplicates = 0
    /// Jobs whose arguments and time were given to another job.
    public var replaced = 0
    /// Jobs that were refused.
    public var refused = 0

    /// Creates totals of zero.
    public init() {}

    /// How many jobs have an answer. Jobs are answered in order, so this is also the index of the first job without
    /// one.
    public var answered: Int { stored + duplicates + replaced + refused }

    package mutating func count(_ answer: EnqueueAnswer) {
        switch answer {
        case .stored: stored += 1
        case .repeated, .duplicate: duplicates += 1
        case .replaced: replaced += 1
        case .refused: refused += 1
        }
    }
}
