// The store's upkeep has no process of its own: every worker does a bounded piece of it about once a second, at a
// moment of its own, and goes on at once while there is more, so that pruning keeps up with whatever the workers
// complete. Never two pieces at once.
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
    /// Called when the store says that trying again is of no use.
    let onFatal: @Sendable (any Error) -> Void

    /// Works until the task is cancelled.
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
