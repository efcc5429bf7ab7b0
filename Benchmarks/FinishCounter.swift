// Signals when a number of jobs have run: an atomic on the hot path, and one continuation at the end.
import Synchronization

/// Counts up to a number, and lets one task wait until it is reached.
final class FinishCounter: Sendable {
    private let left: Atomic<Int>
    private let state = Mutex<(done: Bool, waiter: CheckedContinuation<Void, Never>?)>((false, nil))

    init(until count: Int) { left = Atomic(count) }

    func finish() {
        guard left.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        let waiter = state.withLock { state in
            state.done = true
            return state.waiter
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.done { state.waiter = continuation }
                return state.done
            }
            if isDone { continuation.resume() }
        }
    }
}
