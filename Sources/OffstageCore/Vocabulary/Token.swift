// The proof of a lease. A worker that was frozen, and whose job another worker runs by now, still holds its old token.
// Every write on behalf of an attempt carries a token, and a stale one is refused. The nonce consists of the worker
// incarnation's 64 random bits and its own counter. It is never a number from the store, because such numbers can
// repeat when a store fails over to an older copy of itself.

/// One incarnation of a worker: 64 random bits made when it starts.
public struct WorkerID: Hashable, Sendable, LosslessStringConvertible {
    /// The random bits.
    public let bits: UInt64

    /// Creates an identity from its bits.
    @inlinable
    public init(bits: UInt64) { self.bits = bits }

    /// Sixteen hexadecimal digits.
    public var description: String {
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Reads sixteen hexadecimal digits; returns nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
        self.bits = bits
    }
}

/// Proof of a lease on one attempt of one job.
public struct Token: Hashable, Sendable, CustomStringConvertible {
    /// The job.
    public let job: JobID
    /// The attempt that the lease is for.
    public let attempt: Int
    /// The worker that holds the lease.
    public let worker: WorkerID
    /// The number of this lease among the worker's leases.
    public let counter: UInt64
    /// Where the store keeps the job: a hint that is never trusted alone.
    public let locator: Int64

    /// Creates a token. Stores make them when they reserve.
    @inlinable
    public init(job: JobID, attempt: Int, worker: WorkerID, counter: UInt64, locator: Int64) {
        self.job = job
        self.attempt = attempt
        self.worker = worker
        self.counter = counter
        self.locator = locator
    }

    /// The token as one word, for a program that fences its own writes.
    public var description: String { "\(job).\(attempt).\(worker).\(counter)" }
}
