// The report of a process that died: which worker's leases it held, and what it had started.
import OffstageCore

/// The death of a worker process.
struct Death: Sendable {
    var worker: WorkerID
    /// The attempts that have crashed; empty if no job is to blame.
    var attempts: [BoardAttempt]
    var autopsy: Autopsy

    /// The report as of a moment of the monotonic clock, in microseconds.
    func crashed(at now: Int64) -> [CrashedAttempt] {
        // Of a process with more than a thousand handlers only the latest attempts are reported, because a job that has
        // run for long is less likely to be the culprit. The same call hands the rest back; a culprit among them is
        // found when it crashes again.
        attempts.sorted { $0.startedAt > $1.startedAt }.prefix(Limits.batch).map { attempt in
            let ran = max(0, now - attempt.startedAt)
            return CrashedAttempt(
                token: attempt.token, startedAgoMicroseconds: ran,
                autopsy: autopsy.failure(ranMicroseconds: ran, progress: attempt.progress))
        }
    }
}
