// One slot's loop: take a job, execute it, turn its outcome into a settlement, and get the next job in the same step.
// It continues without suspending while there are jobs, but yields once per millisecond. A cancelled task stays
// cancelled, so a runner whose job was told to stop ends with that job and starts its own replacement. Normal jobs thus
// pay nothing for being cancellable.
import OffstageCore

/// Runs one slot's jobs, one after the other.
struct Runner: Sendable {
    let slot: Int
    let dispatcher: Dispatcher
    let executor: Executor
    let handlers: [String: Handler]
    let deaths: Deaths
    let events: WorkerEvents
    let options: WorkerOptions
    let random: SharedRandom

    /// Starts the slot's task.
    func start() {
        dispatcher.start(slot) { Task { await self.run() } }
    }

    private func run() async {
        let time = options.time
        while var job = await dispatcher.next(for: slot, clock: time) {
            var startedAt = time.monotonicMicroseconds()
            var yieldedAt = startedAt
            var goesOn = true
            while goesOn {
                let settlement = await settle(job, startedAt: startedAt)
                let now = time.monotonicMicroseconds()
                switch dispatcher.finish(slot, settlement, at: now) {
                case .run(let next): job = next
                case .wait: goesOn = false
                case .end: return start()
                }
                startedAt = now
                if now - yieldedAt > 1000 {
                    await Task.yield()
                    yieldedAt = now
                }
            }
        }
    }

    private func settle(_ job: ReservedJob, startedAt: Int64) async -> Settlement {
        guard let handler = handlers[job.type] else {
            options.log(.error, "the store gave out a job of a type that was not asked for", ["type": job.type])
            return .unstarted(job)
        }
        options.witness?.begins(job, in: slot)
        defer { options.witness?.ends(in: slot) }
        events.send(.started(job.id, type: job.type))
        let attempt = await executor.execute(job, with: handler) { dispatcher.stopReason(of: slot) }
        let outcome = attempt.outcome
        let ran = options.time.monotonicMicroseconds() - startedAt
        var source: any RandomSource = random
        let settlement = Settlement.of(
            outcome, job: job, policy: handler.retryPolicy, ranMicroseconds: ran, followUps: attempt.followUps,
            random: &source, now: options.time.now())
        events.send(.finished(job.id, type: job.type, outcome))
        options.metrics?.finished(job, outcome, ranMicroseconds: ran)
        if case .returned = outcome { return settlement }
        await tell(settlement, job, attempt.context)
        return settlement
    }

    /// Logs what went wrong, and remembers a discard until the store has recorded it.
    private func tell(_ settlement: Settlement, _ job: ReservedJob, _ context: JobContext) async {
        let failure: Failure
        switch settlement.kind {
        case .retry(_, let why):
            failure = why
            options.log(.warning, "a job failed and will be tried again: \(why.message)", Self.facts(job, why))
        case .discarded(let why):
            failure = why
            options.log(.error, "a job failed for good: \(why.message)", Self.facts(job, why))
            deaths.expect(job, why)
        case .cancelled, .snoozed, .handedBack, .completed: return
        }
        for hook in options.onError { await hook(context, failure) }
    }

    private static func facts(_ job: ReservedJob, _ failure: Failure) -> KeyValuePairs<String, String> {
        [
            "job": "\(job.id)", "type": job.type, "attempt": "\(job.token.attempt)/\(job.maxAttempts)",
            "kind": failure.kind.rawValue,
        ]
    }
}
