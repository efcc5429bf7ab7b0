// A worker can end only if its handlers give Swift's threads back, and a handler that blocks without declaring it may
// hold them all. Then the worker has stopped and handed its leases back, but the process and its handlers run on while
// other workers run the same jobs. So if the process belongs to the worker, a separate thread ends it when its time is
// up.
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Ends the process at a set moment, unless it is released before.
final class EndGuard: Sendable {
    private struct State {
        var endsAt = Int64.max
        var status: Int32 = 1
        var reason = ""
        var isReleased = false
    }

    private let log: LooseLog
    private let witness: (any RunWitness)?
    private let time = SystemTime()
    private let changed = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    /// Starts the thread. Throws `WorkerError.noThread` if the system has none.
    init(log: LooseLog, witness: (any RunWitness)?) throws(WorkerError) {
        self.log = log
        self.witness = witness
        let pool = ThreadPool(limit: 1)
        try pool.prepare()
        Task(executorPreference: pool) {
            self.watch()
            pool.close()
        }
    }

    /// Makes the process end after `delay`, unless an earlier moment was set.
    func end(after delay: Duration, status: Int32, _ reason: String) {
        let moment = time.monotonicMicroseconds() + delay.microseconds
        let isSooner = state.withLock { state in
            guard moment < state.endsAt else { return false }
            state.endsAt = moment
            state.status = status
            state.reason = reason
            return true
        }
        if isSooner { changed.signal() }
    }

    /// Lets the process live.
    func release() {
        state.withLock { $0.isReleased = true }
        changed.signal()
    }

    private func watch() {
        while true {
            let state = state.withLock { $0 }
            if state.isReleased { return }
            let left = state.endsAt - time.monotonicMicroseconds()
            if left <= 0 { end(state) }
            if state.endsAt == .max {
                changed.wait()
            } else {
                _ = changed.wait(timeout: .now() + .microseconds(Int(left)))
            }
        }
    }

    private func end(_ state: State) -> Never {
        log(.warning, state.reason)
        if state.status != 0 { witness?.endsUnfinished() }
        for _ in 0..<100 where log.isBehind { _ = poll(nil, 0, 10) }
        _exit(state.status)
    }
}
