// What the caller of an enqueue gets. A store distinguishes five answers; a caller first wants to know under which id
// to find the job it asked for.
public import OffstageCore

/// The result for one job of a batch: a receipt, or the reason why it was refused.
public typealias EnqueueResult = Result<EnqueueReceipt, InvalidJob>

/// The store's confirmation that a job is kept.
public struct EnqueueReceipt: Sendable, Hashable {
    /// The job that does the work: the one enqueued, or the holder of its unique key.
    public var id: JobID
    /// The state of that job when the store answered.
    public var state: JobState
    /// Whether nothing was stored because the work was there already: the same id, or another job with the unique key.
    public var duplicate: Bool
    /// Whether another job held the unique key and has these arguments, this time and this expiry now.
    public var replaced: Bool

    /// Creates a receipt.
    public init(id: JobID, state: JobState, duplicate: Bool = false, replaced: Bool = false) {
        self.id = id
        self.state = state
        self.duplicate = duplicate
        self.replaced = replaced
    }

    /// Turns a store's answer for the job with this id into a receipt, or into the reason of the refusal.
    static func of(_ answer: EnqueueAnswer, id: JobID) -> EnqueueResult {
        switch answer {
        case .stored(let state): .success(EnqueueReceipt(id: id, state: state))
        case .repeated(let state): .success(EnqueueReceipt(id: id, state: state, duplicate: true))
        case .duplicate(let holder, let state): .success(EnqueueReceipt(id: holder, state: state, duplicate: true))
        case .replaced(let holder, let state): .success(EnqueueReceipt(id: holder, state: state, replaced: true))
        case .refused(let refusal): .failure(InvalidJob(refusal.description))
        }
    }
}
