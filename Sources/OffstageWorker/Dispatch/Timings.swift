// The worker's times in microseconds on the monotonic clock, derived once from its options and the store's lease, and
// which suspects it requests.
import OffstageCore

/// Durations that the dispatch state uses, in microseconds.
struct Timings: Sendable {
    var prefetchWindow: Int64 = 50_000
    var prefetchLimit = Limits.batch
    var reclaimAfter: Int64 = 250_000
    var noteStartAfter: Int64 = 20_000
    var heartbeat: Int64 = 5_000_000
    /// How long a lease is trusted without a renewal: three quarters of it.
    var leaseTrusted: Int64 = 15_000_000
    var suspectPatience: ClosedRange<Int64> = 1_000_000...5_000_000
    var suspectRoom: Int64 = 30_000_000
    var slowPoll: Int64 = 2_000_000
    var suspects = SuspectChoice.alone

    init() {}

    init(_ options: WorkerOptions, lease: Duration) {
        prefetchWindow = options.prefetchWindow.microseconds
        prefetchLimit = min(Limits.batch, max(0, options.prefetchLimit))
        reclaimAfter = options.reclaimAfter.microseconds
        noteStartAfter = options.noteStartAfter.microseconds
        heartbeat = options.heartbeat?.microseconds ?? lease.microseconds / 4
        leaseTrusted = lease.microseconds / 4 * 3
        suspectPatience =
            options.suspectPatience.lowerBound.microseconds...options.suspectPatience.upperBound.microseconds
        suspectRoom = options.suspectRoom.microseconds
        slowPoll = options.slowPoll.microseconds
        suspects = options.suspects
    }
}
