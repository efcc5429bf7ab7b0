// What is to be reported of a process that died: whose leases it held, and what it had started.
import OffstageCore

/// The death of a worker process.
struct Death: Sendable {
    var worker: WorkerID
    /// What ran; empty if the foreman killed it.
    var attempts: [BoardAttempt]
    var autopsy: Autopsy

    /// The report as of a moment of the monotonic clock, in microseconds.
    func crashed(at now: Int64) -> [CrashedAttempt] {
        // A process of more than a thousand handlers: the rest is handed back, and found out when it kills again.
        attempts.prefix(Limits.batch).map { attempt in
            let ran = max(0, now - attempt.startedAt)
            return CrashedAttempt(
                token: attempt.token, startedAgoMicroseconds: ran,
                autopsy: autopsy.failure(ranMicroseconds: ran, progress: attempt.progress))
        }
    }
}
