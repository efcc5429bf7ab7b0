// How a worker handles a failing store: it logs each error once per period, and waits a little longer each time, with
// jitter, so that many workers do not return in step. Each of the worker's loops has one.
import OffstageCore
import OffstageSystem

/// Counts consecutive failures of a store.
struct StoreTrouble {
    private let verb: String
    private let options: WorkerOptions
    private let events: WorkerEvents
    private var random: any RandomSource
    private var backoff: Backoff
    private var lastLine = ""
    private var silentUntil = Int64.min

    init(_ verb: String, options: WorkerOptions, events: WorkerEvents, random: any RandomSource) {
        self.verb = verb
        self.options = options
        self.events = events
        self.random = random
        backoff = Backoff(
            first: options.backoff.lowerBound.microseconds, most: options.backoff.upperBound.microseconds)
    }

    /// Records a failure. Returns how long to wait.
    mutating func failed(_ error: any Error) -> Duration {
        let wait = backoff.failed(random.fraction())
        options.metrics?.storeFailed(verb)
        events.send(.storeFailed(verb, "\(error)"))
        let now = options.time.monotonicMicroseconds()
        let line = "\(error)"
        // A final error ends the worker, which reports it once.
        if !Self.isFinal(error), line != lastLine || now >= silentUntil {
            options.log(
                .error, "the worker cannot \(verb), and tries again: \(line)", ["failures": "\(backoff.failures)"])
            lastLine = line
            silentUntil = now + 60_000_000
        }
        return .microseconds(wait)
    }

    /// Records a success.
    mutating func succeeded() {
        guard backoff.failures > 0 else { return }
        options.log(.info, "the worker can \(verb) again", ["failures": "\(backoff.failures)"])
        backoff.reset()
        lastLine = ""
    }

    /// Whether an error means that retrying is useless.
    static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case StoreError.closed, StoreError.lost, StoreError.newerSchema, StoreError.olderSchema: true
        default: false
        }
    }
}
