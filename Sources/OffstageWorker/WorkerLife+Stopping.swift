// How a worker stops (DESIGN §2, promise 5). It is quiet already. Handlers get the grace to finish; then they are told
// to stop and waited for a little; then every lease is handed back, so that the jobs are available at once, in their
// old place, with the same attempt. A worker that is told to stop at once skips the waiting, but never the handing
// back.
import OffstageCore
import Synchronization

// How the process ends with its worker, if it does.
extension WorkerLife {
    /// How long a worker that was told to stop at once may take.
    private static let atOnce = Duration.seconds(2)

    /// Starts the thread that ends the process, if the process belongs to the worker.
    func startGuard() throws(WorkerError) {
        guard options.endsProcess else { return }
        let guardian = try EndGuard(log: LooseLog.around(options.log), witness: options.witness)
        state.withLock { $0.guardian = guardian }
        // The worker may have been told to stop before.
        limitTheEnd()
    }

    /// Limits how long the process may still live, in case the store does not reply.
    func limitTheEnd() {
        let (stage, guardian) = state.withLock { ($0.stage, $0.guardian) }
        switch stage {
        case .working, .quiet: return
        case .stopping:
            // Each part of the stop waits up to `patience`.
            let patience = options.patience * 4 + (options.settlePatience ?? .zero)
            guardian?.end(
                after: plan.grace + patience, status: 1,
                "the worker does not come to its end, and the process ends without it")
        case .stoppingNow:
            guardian?.end(after: Self.atOnce, status: 1, "the process ends at once, as it was told twice")
        }
    }

    /// Ends the process now, on the third signal.
    func endAtOnce() {
        state.withLock { $0.guardian }?.end(after: .zero, status: 1, "the process ends at once")
    }

    /// Called when the worker has ended. `run` returns unless handlers hold all threads; then the process ends.
    func hasEnded() {
        let (stage, hasFailed, guardian) = state.withLock { ($0.stage, $0.fatal != nil, $0.guardian) }
        guardian?.end(
            after: stage == .stoppingNow ? .milliseconds(100) : .seconds(1), status: hasFailed ? 1 : 0,
            "handlers that have not stopped keep all threads: the process ends with them")
    }
}

extension WorkerLife {
    /// Stops the worker. Afterwards nothing of it runs except handlers that ignore cancellation.
    func stop(reserver: Task<Void, Never>, background: [Task<Void, Never>]) async {
        events.send(.stopping)
        await waitForHandlers(upTo: plan.grace)
        let now = options.time.monotonicMicroseconds()
        let isStopped = dispatcher.update { state, wake in
            state.stopAll(.shutdown, at: now, wake: &wake)
            return state.runningCount == 0
        }
        if !isStopped { await waitForHandlers(upTo: options.patience) }
        tellWhoDidNotStop()
        dispatcher.end()
        dispatcher.update { state, wake in
            state.isClosing = true
            state.wakeReserver(&wake)
        }
        // After store errors the reserver pauses; settlements that gathered meanwhile must get their last chance now.
        dispatcher.work.ring()
        await finish([reserver], within: options.settlePatience ?? options.patience)
        for task in background + [reserver] { task.cancel() }
        for bell in [beat, upkeep, dispatcher.deadlines, dispatcher.work] { bell.ring() }
        await finish(background, within: options.patience)
        await retire()
        await finish([Task(executorPreference: control) { await self.deaths.finish() }], within: options.patience)
    }

    /// Waits until no handler runs, the limit has passed, or the worker must stop at once.
    private func waitForHandlers(upTo limit: Duration) async {
        let end = options.time.monotonicMicroseconds() &+ limit.microseconds
        while stage < .stoppingNow {
            let running = dispatcher.update { state, _ in state.runningCount }
            let left = end - options.time.monotonicMicroseconds()
            guard running > 0, left > 0 else { return }
            await dispatcher.life.wait(upTo: .microseconds(left), alarm: alarm)
        }
    }

    private func tellWhoDidNotStop() {
        let running = dispatcher.update { state, _ in state.running.compactMap(\.self) }
        // Nothing can be handed back to a store that is lost, and `run` throws its error.
        let isStoreLost = state.withLock { $0.fatal }.map(StoreTrouble.isFinal) ?? false
        guard let first = running.first, !isStoreLost else { return }
        guard running.count > 1 else {
            return options.log(
                .warning, "a handler has not stopped; its lease is handed back without it",
                ["job": "\(first.token.job)", "type": first.type])
        }
        let named = running.prefix(10).map { "\($0.token.job)" } + (running.count > 10 ? ["..."] : [])
        options.log(
            .warning, "\(running.count) handlers have not stopped; their leases are handed back without them",
            ["jobs": named.joined(separator: " ")])
    }

    /// Waits for tasks, at most for `limit`.
    private func finish(_ tasks: [Task<Void, Never>], within limit: Duration) async {
        let done = Bell()
        let all = Task(executorPreference: control) {
            for task in tasks { await task.value }
            done.ring()
        }
        await done.wait(upTo: limit, alarm: alarm)
        all.cancel()
    }

    private func retire() async {
        do {
            try await store.retire(id)
            options.witness?.hasRetired()
            options.log(.info, "the worker has stopped", ["worker": "\(id)"])
        } catch  where StoreTrouble.isFinal(error) {
            // `run` throws this error.
        } catch {
            options.log(
                .warning, "the worker has stopped without handing everything back; its leases will run out: \(error)",
                ["worker": "\(id)"])
        }
    }
}
