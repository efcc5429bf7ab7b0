// Counts of what became of many jobs, for a caller that cannot keep an answer for each.

/// What became of the jobs of a batch or stream so far.
public struct EnqueueTotals: Sendable, Hashable {
    /// Jobs that were stored.
    public var stored = 0
    /// Jobs for which nothing was stored, because the work was there already.
    public var duplicates = 0
    /// Jobs whose arguments and time another job has now.
    public var replaced = 0
    /// Jobs that were refused.
    public var refused = 0

    /// Nothing yet.
    public init() {}

    /// How many jobs have an answer; jobs are answered in order, so this is also the index of the first that has none.
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
