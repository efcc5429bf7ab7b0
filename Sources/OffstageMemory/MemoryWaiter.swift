// The sleep of one worker. Arm, reserve, and wait if there was nothing: work that becomes reservable after `arm` ends
// the wait, so no job is missed between looking and sleeping. A sleeper that is woken for a job and cancelled at the
// same moment passes the job on.
import OffstageCore
import Synchronization

/// Sleeps until a selection may have work in a memory store.
final class MemoryWaiter: WorkWaiter {
    /// The effect of reporting a job to a waiter.
    enum Effect {
        /// It slept and has been woken.
        case woken
        /// It was not asleep, and will not sleep before it has looked again.
        case awake
        /// It sleeps on, because another sleeper was woken.
        case leftAsleep
    }

    private struct State {
        var isTold = false
        var lane: Lane?
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let selection: WorkSelection
    private let time: any TimeSource
    private let others: MemoryWaiters
    private let state = Mutex(State())

    init(selection: WorkSelection, time: any TimeSource, among others: MemoryWaiters) {
        self.selection = selection
        self.time = time
        self.others = others
    }

    func arm() {
        state.withLock { state in
            state.isTold = false
            state.lane = nil
        }
        others.add(self)
    }

    func wait(upTo limit: Duration) async {
        await withTaskCancellationHandler {
            let alarm = Task { [time] in
                do { try await time.sleep(for: limit) } catch { return }
                self.wake()
            }
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isTold, !Task.isCancelled else { return true }
                    state.sleeper = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
            alarm.cancel()
        } onCancel: {
            wake()
        }
        if Task.isCancelled { passOn() }
    }

    func wake() {
        let sleeper = state.withLock { state in
            state.isTold = true
            return state.sleeper.take()
        }
        sleeper?.resume()
    }

    func close() {
        others.remove(self)
        passOn()
        wake()
    }

    func canTake(_ lane: Lane) -> Bool {
        selection.types.contains(lane.type) && (selection.queues?.contains(lane.queue) ?? true)
    }

    func tell(of lane: Lane, mayWake: Bool) -> Effect {
        let (effect, sleeper) = state.withLock { state -> (Effect, CheckedContinuation<Void, Never>?) in
            guard state.sleeper != nil else {
                state.isTold = true
                return (.awake, nil)
            }
            guard mayWake else { return (.leftAsleep, nil) }
            state.isTold = true
            state.lane = lane
            return (.woken, state.sleeper.take())
        }
        sleeper?.resume()
        return effect
    }

    private func passOn() {
        let lane = state.withLock { $0.lane.take() }
        if let lane { others.wake(for: lane) }
    }
}
