// The report on each batch of a stream, while the stream is being enqueued.
public import OffstageCore

/// A report on one batch of a stream.
public struct EnqueueReport: Sendable {
    /// The index of the batch's first job within the stream.
    public var first: Int
    /// One result for each job, in order.
    public var results: [EnqueueResult]
    /// The stream's totals, including this batch.
    public var totals: EnqueueTotals
}
