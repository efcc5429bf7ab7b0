// What a worker does about a store that fails: says so once for each kind and period, and waits a little longer each
// time, at random, so that a fleet does not come back in step. One for each of the worker's loops.
import OffstageCore

/// Counts a store's failures in a row.
struct StoreTrouble {
    private let verb: String
    private let options: WorkerOptions
    private let events: WorkerEvents
    private var random: any RandomSource
    private var failures = 0
    private var lastLine = ""
    private var silentUntil = Int64.min

    init(_ verb: String, options: WorkerOptions, events: WorkerEvents, random: any RandomSource) {
        self.verb = verb
        self.options = options
        self.events = events
        self.random = random
    }

    /// Takes a failure; answers how long to wait.
    mutating func failed(_ error: any Error) -> Duration {
        failures += 1
        options.metrics?.storeFailed(verb)
        events.send(.storeFailed(verb, "\(error)"))
        let now = options.time.monotonicMicroseconds()
        let line = "\(error)"
        // A final error ends the worker, which says it once.
        if !Self.isFinal(error), line != lastLine || now >= silentUntil {
            options.log(.error, "the worker cannot \(verb), and tries again: \(line)", ["failures": "\(failures)"])
            lastLine = line
            silentUntil = now + 60_000_000
        }
        let first = Double(max(1, options.backoff.lowerBound.microseconds))
        let most = Double(options.backoff.upperBound.microseconds)
        let full = min(most, first * Double(sign: .plus, exponent: min(30, failures - 1), significand: 1))
        return .microseconds(Int64(full * (0.5 + random.fraction() / 2)))
    }

    /// Takes a success.
    mutating func succeeded() {
        guard failures > 0 else { return }
        options.log(.info, "the worker can \(verb) again", ["failures": "\(failures)"])
        failures = 0
        lastLine = ""
    }

    /// Whether an error says that trying again is of no use.
    static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case StoreError.closed, StoreError.lost, StoreError.newerSchema, StoreError.olderSchema: true
        default: false
        }
    }
}
