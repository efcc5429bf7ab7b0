// The one place where the dispatch state is shared. Every method takes the lock once, changes the state, and acts on
// what it answered outside: resumes runners, wakes the reserver, cancels a handler's task. A runner crosses it once a
// job: ending one and getting the next is a single step.
import OffstageCore
import Synchronization

/// Hands jobs from the reserver to the runners, and their ends back.
final class Dispatcher: Sendable {
    /// What a runner does after a job.
    enum Next: Sendable {
        /// Run this one.
        case run(ReservedJob)
        /// Wait: there is none.
        case wait
        /// End: this runner's task is cancelled, and another takes the slot.
        case end
    }

    struct Guarded {
        var state: DispatchState
        /// Runners that wait, by slot, and the slots in the order they came to wait.
        var continuations: [UnsafeContinuation<Void, Never>?]
        var parked: [Int] = []
        var tasks: [Task<Void, Never>?]
        var isEnding = false
    }

    let guarded: Mutex<Guarded>
    let waiter: any WorkWaiter
    /// Rings for the reserver while it waits for room.
    let work = Bell()
    /// Rings for Deadlines when something is due earlier than it thinks.
    let deadlines = Bell()
    /// Rings for the worker's life: something in its course has changed.
    let life = Bell()

    init(slots: Int, timings: Timings, waiter: any WorkWaiter) {
        self.waiter = waiter
        guarded = Mutex(
            Guarded(
                state: DispatchState(slots: slots, timings: timings),
                continuations: .init(repeating: nil, count: slots), tasks: .init(repeating: nil, count: slots)))
    }

    /// Changes the state under the lock and wakes whom that concerns.
    func update<Value: Sendable>(_ change: (inout DispatchState, inout DispatchState.Wake) -> Value) -> Value {
        let (value, wake, cancelled, runners) = guarded.withLock { guarded in
            var wake = DispatchState.Wake()
            let value = change(&guarded.state, &wake)
            // The tasks are fetched under the same lock that marked their jobs as stopped: a runner ends with such a
            // job, and what is cancelled can never be its replacement or another job.
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

    /// Ends a slot's job and begins its next.
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

    /// Suspends a slot's runner until there is a job for it; nil when the worker ends.
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

    /// Makes a runner's task known, so that its job can be stopped through it.
    func start(_ slot: Int, _ make: () -> Task<Void, Never>) {
        guarded.withLock { $0.tasks[slot] = make() }
    }

    /// Lets the runners that wait end, and the others after their job.
    func end() {
        let runners = guarded.withLock { guarded in
            guarded.isEnding = true
            return Self.unpark(&guarded)
        }
        for runner in runners { runner.resume() }
    }

    /// Why a slot's handler was told to stop, if it was.
    func stopReason(of slot: Int) -> StopReason? { guarded.withLock { $0.state.running[slot]?.stop } }
}
