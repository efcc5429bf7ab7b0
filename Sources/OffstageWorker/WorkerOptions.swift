// Everything about a worker that has a good default. Times are parameters so that a test can run a whole life in a
// second, and so are the clock, chance and the log. `scaled(by:)` shrinks every timing at once; a store's lease sets
// the heartbeat by itself.
public import OffstageCore

/// A worker's settings.
public struct WorkerOptions: Sendable {
    /// Whether SIGTERM and SIGINT stop the worker (a second one at once) and SIGTSTP makes it quiet.
    public var handlesSignals = true
    /// Whether the process is the worker's, and is ended with it. Once the worker has stopped, or its patience with the
    /// store is over, a thread of its own ends the process even if handlers keep all of Swift's threads: about 5 s
    /// after the grace, and at once at the second signal. For a program that does nothing but work: `offstage work` and
    /// the processes of a foreman set it. False by default, since a program that embeds a worker ends by itself.
    public var endsProcess = false
    /// Whether the worker ends by itself when nothing of its queues and types runs or is due.
    public var drain = false
    /// How often the worker renews its leases; nil for a quarter of the store's lease time.
    public var heartbeat: Duration?
    /// How long handlers that were told to stop are waited for before their leases are handed back without them; 5 s.
    public var patience = Duration.seconds(5)
    /// As many jobs are prefetched as the worker finished within this time; 50 ms.
    public var prefetchWindow = Duration.milliseconds(50)
    /// Most jobs prefetched; 1,000, and 0 for none.
    public var prefetchLimit = Limits.batch
    /// When a job that was prefetched and not started is handed back; 250 ms.
    public var reclaimAfter = Duration.milliseconds(250)
    /// When a prefetched job that has started is noted as started, if it still runs; 20 ms.
    public var noteStartAfter = Duration.milliseconds(20)
    /// How long an idle worker sleeps at most before it looks again; 2 s.
    public var slowPoll = Duration.seconds(2)
    /// How often the worker does the store's upkeep; 1 s, and nil for never.
    public var upkeep: Duration? = .seconds(1)
    /// Between what times a worker begins to make room for a crash suspect that waits; 1 s to 5 s.
    public var suspectPatience = Duration.seconds(1)...Duration.seconds(5)
    /// How long a worker makes room for a crash suspect, and for how long it then does not try again; 30 s.
    public var suspectRoom = Duration.seconds(30)
    /// The first and the longest pause after a store error; 100 ms to 5 s.
    public var backoff = Duration.milliseconds(100)...Duration.seconds(5)

    /// What children, follow-ups, results and checkpoints of handlers may carry; give the app's `Enqueuer` the same.
    public var limits = Limits()

    /// Where time comes from.
    public var time: any TimeSource = SystemTime()
    /// Where randomness comes from.
    public var random: any RandomSource = SystemRandom()
    /// Where log lines go.
    public var log: any Log = StandardErrorLog()
    /// What counts the worker's doings.
    public var metrics: (any WorkerMetrics)?
    /// Called when an attempt went wrong, before that is recorded.
    public var onError: [@Sendable (JobContext, Failure) async -> Void] = []
    /// Called when a job's last attempt was recorded and the job is discarded; for one that a crash has discarded by
    /// the foreman, in its process, and not at all if there is none.
    public var onDeath: [@Sendable (ReservedJob, Failure) async -> Void] = []

    /// What the worker wants of suspects of a crash. One that wants nothing else ends when none is due.
    package var suspects = SuspectChoice.alone
    /// How long a stop waits for the last ends to reach the store; nil for `patience`.
    package var settlePatience: Duration?
    /// Who is told what runs, if somebody watches from outside.
    package var witness: (any RunWitness)?

    /// The defaults.
    public init() {}

    /// The same settings with every timing multiplied.
    public func scaled(by factor: Double) -> WorkerOptions {
        func scale(_ duration: Duration) -> Duration { .held(microseconds: Double(duration.microseconds) * factor) }
        func scale(_ range: ClosedRange<Duration>) -> ClosedRange<Duration> {
            scale(range.lowerBound)...scale(range.upperBound)
        }
        var scaled = self
        scaled.heartbeat = heartbeat.map(scale)
        scaled.patience = scale(patience)
        scaled.prefetchWindow = scale(prefetchWindow)
        scaled.reclaimAfter = scale(reclaimAfter)
        scaled.noteStartAfter = scale(noteStartAfter)
        scaled.slowPoll = scale(slowPoll)
        scaled.upkeep = upkeep.map(scale)
        scaled.suspectPatience = scale(suspectPatience)
        scaled.suspectRoom = scale(suspectRoom)
        scaled.backoff = scale(backoff)
        return scaled
    }
}
