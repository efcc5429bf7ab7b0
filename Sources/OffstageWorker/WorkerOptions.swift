// Every setting of a worker that has a good default. Times are parameters so that a test can run a worker's whole life
// in a second; the clock, the randomness and the log are parameters too. `scaled(by:)` scales every timing at once. The
// heartbeat follows the store's lease by default.
public import OffstageCore

/// A worker's settings.
public struct WorkerOptions: Sendable {
    /// Whether SIGTERM, SIGINT and SIGHUP stop the worker (a second one at once) and SIGTSTP makes it quiet.
    public var handlesSignals = true
    /// Whether the process belongs to the worker and ends with it. Once the worker has stopped, or its patience with
    /// the store has run out, a separate thread ends the process even if handlers hold all of Swift's threads: about 5
    /// s after the grace, and within about 2 s of the second signal. This is for a program that does nothing but work:
    /// `offstage work` and the processes of a foreman set it. False by default, because a program that embeds a worker
    /// ends by itself.
    public var endsProcess = false
    /// Whether the worker ends by itself when no job of its queues and types is running or due.
    public var drain = false
    /// How often the worker renews its leases; nil for a quarter of the store's lease time.
    public var heartbeat: Duration?
    /// How long handlers that were told to stop are waited for before their leases are handed back without them; 5 s.
    public var patience = Duration.seconds(5)
    /// The worker prefetches as many jobs as it finished within this time; 50 ms.
    public var prefetchWindow = Duration.milliseconds(50)
    /// The most jobs that are prefetched; 1,000, and 0 for none.
    public var prefetchLimit = Limits.batch
    /// After what time a prefetched job that has not started is handed back; 250 ms.
    public var reclaimAfter = Duration.milliseconds(250)
    /// After what time a prefetched job that has started is noted as started, if it is still running; 20 ms.
    public var noteStartAfter = Duration.milliseconds(20)
    /// How long an idle worker sleeps at most before it checks for jobs again; 2 s.
    public var slowPoll = Duration.seconds(2)
    /// How often the worker does the store's upkeep; 1 s, and nil for never.
    public var upkeep: Duration? = .seconds(1)
    /// How long a crash suspect waits before a worker begins to make room for it, at random within this range; 1 s to 5
    /// s.
    public var suspectPatience = Duration.seconds(1)...Duration.seconds(5)
    /// How long a worker makes room for a crash suspect, and how long it then waits before it tries again; 30 s.
    public var suspectRoom = Duration.seconds(30)
    /// The first and the longest pause after a store error; 100 ms to 5 s.
    public var backoff = Duration.milliseconds(100)...Duration.seconds(5)

    /// The size limits of handlers' children, follow-ups, results and checkpoints. Give the app's `Enqueuer` the same.
    public var limits = Limits()

    /// The source of time.
    public var time: any TimeSource = SystemTime()
    /// The source of randomness.
    public var random: any RandomSource = SystemRandom()
    /// The destination of log lines.
    public var log: any Log = StandardErrorLog()
    /// Counts what the worker does; nil for no counting.
    public var metrics: (any WorkerMetrics)?
    /// Called when an attempt has failed, before the failure is recorded.
    public var onError: [@Sendable (JobContext, Failure) async -> Void] = []
    /// Called when a job is discarded, after the store has recorded its last attempt. If a crash discarded the job, the
    /// foreman calls this in its own process; without a foreman it is not called then.
    public var onDeath: [@Sendable (ReservedJob, Failure) async -> Void] = []

    /// Which crash suspects the worker reserves. A worker that reserves only suspects ends when none is due.
    package var suspects = SuspectChoice.alone
    /// How long a stop waits for the last settlements to reach the store; nil for `patience`.
    package var settlePatience: Duration?
    /// Is notified of what runs, if another process watches this one.
    package var witness: (any RunWitness)?

    /// The defaults.
    public init() {}

    /// Returns the same settings with every timing multiplied by `factor`.
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
