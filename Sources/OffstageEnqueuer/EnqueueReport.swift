// What is said of each batch of a stream while it goes on.
public import OffstageCore

/// The news of one batch of a stream.
public struct EnqueueReport: Sendable {
    /// The index within the stream of the batch's first job.
    public var first: Int
    /// One result each, in order.
    public var results: [EnqueueResult]
    /// The stream's totals, this batch included.
    public var totals: EnqueueTotals
}
