// Every quarter of a lease the worker renews its leases, reports that it is alive, and receives instructions: which
// leases are lost, which jobs to cancel, and whether to quiet or stop.
import OffstageCore

/// Renews the leases and takes commands.
struct Heartbeat: Sendable {
    let store: any Fleet & WorkSource
    let dispatcher: Dispatcher
    let status: @Sendable () -> WorkerStatus
    let events: WorkerEvents
    let options: WorkerOptions
    let interval: Duration
    let alarm: Alarm
    let random: SharedRandom
    /// Wakes the loop for an immediate heartbeat.
    let bell: Bell
    let onCommand: @Sendable (WorkerCommand) -> Void
    let onFatal: @Sendable (any Error) -> Void

    /// Sends heartbeats until the task is cancelled.
    func run() async {
        var renewing = StoreTrouble("renew its leases", options: options, events: events, random: random)
        var reporting = StoreTrouble("say that it lives", options: options, events: events, random: random)
        var pause = interval
        while true {
            await bell.wait(upTo: pause, alarm: alarm)
            guard !Task.isCancelled else { return }
            pause = interval
            do {
                try await renew()
                renewing.succeeded()
            } catch {
                // After an outage, the leases may have only a quarter of their time left.
                pause = min(pause / 4, renewing.failed(error))
                if StoreTrouble.isFinal(error) { return onFatal(error) }
            }
            do {
                for command in try await store.heartbeat(status()) { onCommand(command) }
                reporting.succeeded()
            } catch {
                pause = min(pause, reporting.failed(error))
                if StoreTrouble.isFinal(error) { return onFatal(error) }
            }
        }
    }

    private func renew() async throws {
        let worker = status().id
        for listed in dispatcher.update({ state, _ in state.renewals() }) {
            let renewal = dispatcher.update { state, _ in state.stillHeld(listed) }
            let begun = options.time.monotonicMicroseconds()
            let reply = try await store.renew(
                RenewRequest(worker: worker, tokens: renewal.tokens, grantedBefore: renewal.grantedBefore))
            let now = options.time.monotonicMicroseconds()
            let handedBack = dispatcher.update { state, wake in
                state.renewed(renewal, reply, begun: begun, at: now, wake: &wake)
            }
            for id in handedBack { events.send(.handedBack(id)) }
            if reply.handedBack > 0 {
                options.log(.info, "leases whose reply was lost were handed back", ["jobs": "\(reply.handedBack)"])
            }
        }
    }
}
