// The loop between the store and the runners. Each turn makes one call that settles what has ended and reserves what is
// needed. During the call the runners work on the jobs from before, and the attempts that end meanwhile go into the
// next call. There is never a second call at the same time, and no timer to fill a batch: a batch is what gathered
// during the last call.
import OffstageCore

/// Settles and reserves.
struct Reserver: Sendable {
    let store: any WorkerStore
    let dispatcher: Dispatcher
    let worker: WorkerID
    let queues: WorkerQueues
    let types: Set<String>
    let deaths: Deaths
    let events: WorkerEvents
    let options: WorkerOptions
    let alarm: Alarm
    let random: SharedRandom
    /// Called when no work is left and the worker should drain.
    let onDrained: @Sendable () -> Void
    /// Called when the store reports that retrying is useless.
    let onFatal: @Sendable (any Error) -> Void

    private var time: any TimeSource { options.time }

    /// Runs until the dispatcher is closed and everything is settled.
    func run() async {
        var trouble = StoreTrouble("settle and reserve", options: options, events: events, random: random)
        var looksInVain = 0
        while !Task.isCancelled {
            let now = time.monotonicMicroseconds()
            switch dispatcher.update({ state, _ in state.plan(at: now, drains: options.drain) }) {
            case .end: return
            case .call(let settlements, let demand):
                do {
                    try await call(settlements, demand)
                    trouble.succeeded()
                } catch {
                    dispatcher.update { state, _ in state.callFailed() }
                    let pause = trouble.failed(error)
                    if StoreTrouble.isFinal(error) { return onFatal(error) }
                    await dispatcher.work.wait(upTo: pause, alarm: alarm)
                }
            case .awaitNews(let due):
                if options.suspects == .only { onDrained() }
                await awaitNews(upTo: due)
            case .awaitWork(nil):
                await dispatcher.work.wait()
                dispatcher.update { state, _ in state.lookAgain() }
            case .awaitWork(let limit?):
                await dispatcher.work.wait(upTo: .microseconds(limit), alarm: alarm)
                dispatcher.update { state, _ in state.lookAgain() }
            case .checkDrained:
                if let error = await checkDrained(&looksInVain) { return onFatal(error) }
            }
        }
    }

    private func call(_ settlements: [Settlement], _ demand: DispatchState.Demand?) async throws {
        // A listener may be the only sleeper that is notified of a job, so a worker that takes only suspects does not
        // listen.
        if demand?.listens == true, options.suspects != .only { dispatcher.waiter.arm() }
        let begun = time.monotonicMicroseconds()
        let reply = try await store.settle(settlements, reserving: demand.map(request))
        let now = time.monotonicMicroseconds()
        var source = random
        let fraction = source.fraction()
        var reservation = reply.reservation ?? Reservation()
        if reservation.suspectWaiting, options.suspects == .never {
            // Another worker makes room for it.
            options.witness?.suspectWaits()
            reservation.suspectWaiting = false
        }
        let unwanted = dispatcher.update { state, wake -> [JobID] in
            state.answered()
            guard let demand else { return [] }
            return state.deliver(
                reservation, for: demand, leaseFrom: begun, at: now, fraction: fraction, wake: &wake)
        }
        for id in unwanted { events.send(.handedBack(id)) }
        if let count = reply.reservation?.jobs.count, count > 0 { options.metrics?.reserved(count) }
        tell(settlements, reply.answers)
        for refused in reply.refusedFollowUps {
            events.send(.followUpRefused(refused.parent, refused.job, refused.reason))
            options.log(
                .error, "a follow-up was not stored: \(refused.reason)",
                ["job": "\(refused.parent)", "follow-up": "\(refused.job)"])
        }
    }

    private func request(_ demand: DispatchState.Demand) -> ReserveRequest {
        var source: any RandomSource = random
        return ReserveRequest(
            worker: worker, selection: WorkSelection(queues: queues.order(using: &source), types: types),
            limit: demand.limit, startNow: demand.startNow, holding: demand.holding, firstCounter: demand.firstCounter,
            suspects: demand.suspects.choice, turnFor: demand.suspects.turn.map { .microseconds($0) })
    }

    private func tell(_ settlements: [Settlement], _ answers: [TokenAnswer]) {
        guard !settlements.isEmpty else { return }
        var stale: [Token] = []
        var gone = 0
        for (settlement, answer) in zip(settlements, answers) {
            deaths.settled(settlement, answer)
            events.send(.settled(settlement.token.job, answer))
            switch answer {
            case .accepted: break
            case .stale: stale.append(settlement.token)
            case .gone: gone += 1
            }
        }
        options.metrics?.settled(
            accepted: settlements.count - stale.count - gone, stale: stale.count, gone: gone)
        if let first = stale.first {
            options.log(
                .warning, "ends were refused, as somebody else has the jobs by now",
                ["jobs": "\(stale.count)", "first": "\(first.job)"])
        }
        if gone > 0 { options.log(.warning, "ends were refused, as the records are gone", ["jobs": "\(gone)"]) }
    }

    private func awaitNews(upTo due: Int64?) async {
        let slowPoll = options.slowPoll.microseconds
        await dispatcher.waiter.wait(upTo: .microseconds(min(due ?? slowPoll, slowPoll)))
        dispatcher.update { state, _ in state.lookAgain() }
    }

    /// Ends the worker if no other worker runs a job of its queues and types, whose failure or hand-back it should wait
    /// for, and no job has become available since it looked. Returns an error if the worker would never see the end.
    private func checkDrained(_ looksInVain: inout Int) async -> (any Error)? {
        let names = queues.names
        do {
            let counts = try await store.counts()
            let ours = counts.lanes.filter { types.contains($0.type) && (names?.contains($0.queue) ?? true) }
            let running = ours.reduce(0) { $0 + $1[.running] }
            let available = ours.reduce(0) { $0 + (counts.paused.contains($1.queue) ? 0 : $1[.available]) }
            if running + available == 0 { onDrained() }
            looksInVain = available > 0 && running == 0 ? looksInVain + 1 : 0
            // Jobs are counted as available and never handed out: after 8 s, 16 s … check whether the store is sound.
            if looksInVain >= 32, looksInVain.nonzeroBitCount == 1,
                let fault = try await store.examine().first(where: { $0.level == .error })
            {
                return StoreError.lost(fault.text)
            }
        } catch {
            if StoreTrouble.isFinal(error) { return error }
            options.log(.warning, "the worker cannot see whether it is done: \(error)")
        }
        dispatcher.update { state, _ in state.reserver = .awaitingNews }
        await awaitNews(upTo: options.slowPoll.microseconds / 8)
        return nil
    }
}
