// What is to be reported of a process that died: whose leases it held, and what it had started.
import OffstageCore

/// The death of a worker process.
struct Death: Sendable {
    var worker: WorkerID
    /// What has crashed; empty if nobody is to blame.
    var attempts: [BoardAttempt]
    var autopsy: Autopsy

    /// The report as of a moment of the monotonic clock, in microseconds.
    func crashed(at now: Int64) -> [CrashedAttempt] {
        // Of a process of more than a thousand handlers the latest are reported, as who has run for long is less likely
        // to be guilty. The rest is handed back with the same call, and found out should it kill again.
        attempts.sorted { $0.startedAt > $1.startedAt }.prefix(Limits.batch).map { attempt in
            let ran = max(0, now - attempt.startedAt)
            return CrashedAttempt(
                token: attempt.token, startedAgoMicroseconds: ran,
                autopsy: autopsy.failure(ranMicroseconds: ran, progress: attempt.progress))
        }
    }
}
