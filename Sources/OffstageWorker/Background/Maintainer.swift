// The store's upkeep has no separate process. Every worker does a bounded piece of it about once a second, at a
// random moment, and continues at once while there is more. Pruning therefore keeps up with what the workers complete.
// A worker never does two pieces at once.
import OffstageCore

/// Does the store's upkeep.
struct Maintainer: Sendable {
    let store: any Upkeep
    let dispatcher: Dispatcher
    let events: WorkerEvents
    let options: WorkerOptions
    let period: Duration
    let alarm: Alarm
    let random: SharedRandom
    let bell: Bell
    /// Called when the store reports that retrying is useless.
    let onFatal: @Sendable (any Error) -> Void

    /// Runs until the task is cancelled.
    func run() async {
        var trouble = StoreTrouble("do the store's upkeep", options: options, events: events, random: random)
        var source = random
        while !Task.isCancelled {
            var pause = Duration.microseconds(Int64(Double(period.microseconds) * (0.5 + source.fraction())))
            do {
                let report = try await store.maintain(limit: Limits.batch)
                trouble.succeeded()
                if report.freed + report.rescued > 0 { dispatcher.waiter.wake() }
                if report.rescued > 0 {
                    options.log(.warning, "leases that had run out were taken back", ["jobs": "\(report.rescued)"])
                }
                if report.more { continue }
            } catch {
                pause = max(pause, trouble.failed(error))
                if StoreTrouble.isFinal(error) { return onFatal(error) }
            }
            await bell.wait(upTo: pause, alarm: alarm)
        }
    }
}
