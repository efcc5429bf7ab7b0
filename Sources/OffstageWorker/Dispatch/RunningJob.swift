// What the dispatch state keeps of a job in a slot: enough to renew it, stop it and log it. The runner has the job
// itself.
import OffstageCore

/// A job that a runner is executing.
struct RunningJob: Sendable {
    let token: Token
    let type: String
    let startedAt: Int64
    /// When it must be stopped for its timeout; `Int64.max` for never.
    let deadline: Int64
    let timeout: Int64
    /// The latest moment from which the lease certainly counts.
    var leaseFrom: Int64
    /// Whether the store knows that the job has started.
    var isNoted: Bool
    /// Why it was told to stop; nil if it was not.
    var stop: StopReason?
    var stoppedAt: Int64 = .max
    /// Whether it was reported as not stopping.
    var isReported = false

    init(_ buffered: borrowing BufferedJob, at now: Int64) {
        token = buffered.job.token
        type = buffered.job.type
        startedAt = now
        timeout = buffered.job.timeoutMicroseconds ?? .max
        deadline = timeout < .max - now ? now + timeout : .max
        leaseFrom = buffered.leaseFrom
        isNoted = buffered.isMarked
    }
}
