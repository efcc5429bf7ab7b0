// What a newer enqueue does to a job with the same unique key that has not started. The newer arguments replace the
// older ones, together with their time and expiry. Everything else stays, because it belongs to the job and not to its
// arguments: queue, priority, tags, metadata, attempts, errors. Progress and checkpoint of the older arguments would
// mislead the handler and are removed.

extension JobRecord {
    /// Takes over the arguments, time and expiry of a newer job. A job that waits for its retry is not moved forward:
    /// it starts at the later of the two times.
    package mutating func replace(with new: NewJob, runAt: Timestamp, now: Timestamp) {
        arguments = new.arguments
        expiresAt = new.expires?.resolved(at: now)
        progress = nil
        checkpoint = nil
        switch state {
        case .held: self.runAt = runAt
        case .retryable:
            self.runAt = max(self.runAt, runAt)
            if self.runAt <= now { state = .available }
        default:
            self.runAt = runAt
            state = runAt > now ? .scheduled : .available
        }
    }

    /// Returns whether the job's expiry has passed before it started. Such a job will not start, and no longer holds
    /// its key.
    package func hasExpired(at now: Timestamp) -> Bool {
        guard state.isWaiting || state == .held, let expiresAt else { return false }
        return expiresAt <= now
    }
}
