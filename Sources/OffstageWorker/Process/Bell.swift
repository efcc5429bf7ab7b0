// One task waits, others ring. A ring without a waiter is kept, so no ring is lost between a check and a wait; several
// rings count as one.
import OffstageCore
import Synchronization

/// Wakes the one task that waits for it.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiting: UnsafeContinuation<Void, Never>?
        /// The number of the current wait, so that an old timer does not end a later one.
        var round: UInt64 = 0
        /// Whether the time limit of this round has passed; that can happen before the task has begun to wait.
        var isOver = false
    }

    private let state = Mutex(State())

    /// Ends the current or next wait.
    func ring() {
        let waiting = state.withLock { state in
            let waiting = state.waiting.take()
            if waiting == nil { state.isRung = true }
            return waiting
        }
        waiting?.resume()
    }

    /// Waits for a ring.
    func wait() async {
        _ = beginRound()
        await waitForRingOrEnd()
    }

    /// Waits for a ring, at most for `limit`.
    func wait(upTo limit: Duration, alarm: Alarm) async {
        let round = beginRound()
        let timer = alarm.after(limit) { self.end(round) }
        await waitForRingOrEnd()
        timer.cancel()
    }

    private func beginRound() -> UInt64 {
        state.withLock { state in
            state.round += 1
            state.isOver = false
            return state.round
        }
    }

    private func end(_ round: UInt64) {
        let waiting: UnsafeContinuation<Void, Never>? = state.withLock { state in
            guard state.round == round else { return nil }
            state.isOver = true
            return state.waiting.take()
        }
        waiting?.resume()
    }

    private func waitForRingOrEnd() async {
        await withUnsafeContinuation { continuation in
            let goesOn = state.withLock { state in
                precondition(state.waiting == nil, "one task waits for a bell")
                if state.isRung || state.isOver {
                    state.isRung = false
                    return true
                }
                state.waiting = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
    }
}

/// Runs something later, by the worker's clock and on the worker's own thread.
struct Alarm: Sendable {
    let time: any TimeSource
    let executor: any TaskExecutor

    /// Calls `act` after a duration unless the returned task is cancelled before.
    func after(_ duration: Duration, _ act: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task(executorPreference: executor) {
            guard (try? await time.sleep(for: duration)) != nil else { return }
            act()
        }
    }
}
