// The only place where the dispatch state is shared. Every method takes the lock once, changes the state, and acts on
// the result outside the lock: it resumes runners, wakes the reserver, and cancels a handler's task. A runner takes the
// lock once per job, because ending a job and getting the next is one step.
import OffstageCore
import Synchronization

/// Passes jobs from the reserver to the runners, and settlements back.
final class Dispatcher: Sendable {
    /// What a runner does after a job.
    enum Next: Sendable {
        /// Run this job.
        case run(ReservedJob)
        /// Wait, because there is no job.
        case wait
        /// End: this runner's task is cancelled, and another takes the slot.
        case end
    }

    struct Guarded {
        var state: DispatchState
        /// The runners that wait, by slot, and their slots in the order in which they began to wait.
        var continuations: [UnsafeContinuation<Void, Never>?]
        var parked: [Int] = []
        var tasks: [Task<Void, Never>?]
        var isEnding = false
    }

    let guarded: Mutex<Guarded>
    let waiter: any WorkWaiter
    /// Wakes the reserver while it waits for room.
    let work = Bell()
    /// Wakes Deadlines when something is due earlier than it knows.
    let deadlines = Bell()
    /// Wakes WorkerLife when its stage has changed or no job runs any more.
    let life = Bell()

    init(slots: Int, timings: Timings, waiter: any WorkWaiter) {
        self.waiter = waiter
        guarded = Mutex(
            Guarded(
                state: DispatchState(slots: slots, timings: timings),
                continuations: .init(repeating: nil, count: slots), tasks: .init(repeating: nil, count: slots)))
    }

    /// Changes the state under the lock, then wakes and cancels what the change requires.
    func update<Value: Sendable>(_ change: (inout DispatchState, inout DispatchState.Wake) -> Value) -> Value {
        let (value, wake, cancelled, runners) = guarded.withLock { guarded in
            var wake = DispatchState.Wake()
            let value = change(&guarded.state, &wake)
            // The tasks are read under the same lock that marked their jobs as stopped. A runner ends with such a job,
            // so the cancelled task can never be its replacement or run another job.
            return (value, wake, wake.cancelled.compactMap { guarded.tasks[$0] }, Self.unpark(&guarded))
        }
        act(on: wake)
        for task in cancelled { task.cancel() }
        for runner in runners { runner.resume() }
        return value
    }

    private static func unpark(_ guarded: inout Guarded) -> [UnsafeContinuation<Void, Never>] {
        let count = guarded.isEnding ? guarded.parked.count : min(guarded.state.buffer.count, guarded.parked.count)
        guard count > 0 else { return [] }
        let woken = guarded.parked.suffix(count).reversed().compactMap { guarded.continuations[$0].take() }
        guarded.parked.removeLast(count)
        return woken
    }

    private func act(on wake: DispatchState.Wake) {
        switch wake.reserver {
        case .awaitingNews: waiter.wake()
        case .awaitingWork: work.ring()
        case .working, nil: break
        }
        if wake.deadlines { deadlines.ring() }
        if wake.nothingRuns { life.ring() }
    }

    /// Ends a slot's job and takes its next.
    func finish(_ slot: Int, _ settlement: Settlement, at now: Int64) -> Next {
        var wake = DispatchState.Wake()
        let next = guarded.withLock { guarded -> Next in
            if guarded.state.finish(slot, settlement, wake: &wake) { return .end }
            guard let job = guarded.state.take(slot, at: now, wake: &wake) else { return .wait }
            return .run(job)
        }
        act(on: wake)
        return next
    }

    /// Suspends a slot's runner until there is a job for it. Returns nil when the worker ends.
    func next(for slot: Int, clock: any TimeSource) async -> ReservedJob? {
        while true {
            var wake = DispatchState.Wake()
            let (job, isEnding) = guarded.withLock { guarded in
                (guarded.state.take(slot, at: clock.monotonicMicroseconds(), wake: &wake), guarded.isEnding)
            }
            act(on: wake)
            if job != nil || isEnding { return job }
            await withUnsafeContinuation { continuation in
                let isNeeded = guarded.withLock { guarded in
                    if guarded.isEnding || !guarded.state.buffer.isEmpty { return true }
                    guarded.continuations[slot] = continuation
                    guarded.parked.append(slot)
                    return false
                }
                if isNeeded { continuation.resume() }
            }
        }
    }

    /// Registers a runner's task, so that its job can be cancelled through it.
    func start(_ slot: Int, _ make: () -> Task<Void, Never>) {
        guarded.withLock { $0.tasks[slot] = make() }
    }

    /// Makes the waiting runners end now, and the others after their job.
    func end() {
        let runners = guarded.withLock { guarded in
            guarded.isEnding = true
            return Self.unpark(&guarded)
        }
        for runner in runners { runner.resume() }
    }

    /// Why a slot's handler was told to stop; nil if it was not.
    func stopReason(of slot: Int) -> StopReason? { guarded.withLock { $0.state.running[slot]?.stop } }
}
