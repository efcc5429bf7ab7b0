// What a process that watches a worker's process knows when the worker has died: which attempts died with it. An
// expired lease reveals the same later and with less certainty, because its worker may only have been frozen.

/// An attempt that died with its process, as reported by a process that saw the death.
public struct CrashedAttempt: Sendable, Hashable {
    /// Proof of the lease.
    public var token: Token
    /// How long ago the handler had started, in microseconds. A start that is already on the record is kept.
    public var startedAgoMicroseconds: Int64
    /// What is known about the death; its kind is `crash`.
    public var autopsy: Failure

    /// Creates a report of one attempt.
    public init(token: Token, startedAgoMicroseconds: Int64, autopsy: Failure) {
        self.token = token
        self.startedAgoMicroseconds = startedAgoMicroseconds
        self.autopsy = autopsy
    }
}
