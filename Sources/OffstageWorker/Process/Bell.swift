// One task waits, others ring. A ring while nobody waits is kept, so nothing is missed between looking and waiting; many rings are one.
import OffstageCore
import Synchronization

/// Wakes the one task that waits for it.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiting: UnsafeContinuation<Void, Never>?
        /// Which wait is under way, so that an old timer does not end a later one.
        var round: UInt64 = 0
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
        await withUnsafeContinuation { continuation in
            let isRung = state.withLock { state in
                if state.isRung {
                    state.isRung = false
                    return true
                }
                precondition(state.waiting == nil, "one task waits for a bell")
                state.round += 1
                state.waiting = continuation
                return false
            }
            if isRung { continuation.resume() }
        }
    }

    /// Waits for a ring, at most for a duration.
    func wait(upTo limit: Duration, alarm: Alarm) async {
        let round = state.withLock { $0.isRung ? nil : $0.round + 1 }
        guard let round else { return await wait() }
        let timer = alarm.after(limit) { self.endWait(round) }
        await wait()
        timer.cancel()
    }

    private func endWait(_ round: UInt64) {
        let waiting = state.withLock { state in state.round == round ? state.waiting.take() : nil }
        waiting?.resume()
    }
}

/// Does something later, by the worker's clock and on the worker's own thread.
struct Alarm: Sendable {
    let time: any TimeSource
    let executor: any TaskExecutor

    /// Acts after a duration unless the task is cancelled before.
    func after(_ duration: Duration, _ act: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task(executorPreference: executor) {
            guard (try? await time.sleep(for: duration)) != nil else { return }
            act()
        }
    }
}
