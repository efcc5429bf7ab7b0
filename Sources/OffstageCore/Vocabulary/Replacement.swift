// What a newer enqueue does to a job of its unique key that has not started: the newer arguments take the place of the
// older ones, with the time and the expiry that came with them. All else stands, because it belongs to the job and not
// to its arguments: queue, priority, tags, metadata, attempts, errors. What the older arguments left behind (progress
// and checkpoint) would mislead the handler, and goes.

extension JobRecord {
    /// Takes over the arguments, time and expiry of a newer job. A job that waits for its retry is not brought forward:
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

    /// Whether the job has not started, and its expiry has passed: it will not, and holds nothing any more.
    package func hasExpired(at now: Timestamp) -> Bool {
        guard state.isWaiting || state == .held, let expiresAt else { return false }
        return expiresAt <= now
    }
}
