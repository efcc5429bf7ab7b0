// What somebody who watches a worker's process knows when it has died: which attempts died with it. A lease that runs
// out says the same later and with less certainty, since its worker may only have been frozen.

/// An attempt that a process died under, as whoever saw it die reports it.
public struct CrashedAttempt: Sendable, Hashable {
    /// Proof of the lease.
    public var token: Token
    /// How long ago the handler had started, in microseconds; what the record says already is kept.
    public var startedAgoMicroseconds: Int64
    /// What is known of the death, of kind `crash`.
    public var autopsy: Failure

    /// Creates a report on one attempt.
    public init(token: Token, startedAgoMicroseconds: Int64, autopsy: Failure) {
        self.token = token
        self.startedAgoMicroseconds = startedAgoMicroseconds
        self.autopsy = autopsy
    }
}
