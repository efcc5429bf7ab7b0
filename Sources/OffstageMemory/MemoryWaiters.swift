// The workers that sleep until there is work. Each job that becomes reservable wakes one sleeper that could take it, so
// a thousand idle workers do not all rush for one job. Waiters that are armed but not asleep yet are about to look
// anyway, and all of them are notified.
import OffstageCore
import Synchronization

/// The waiters of one store.
final class MemoryWaiters: Sendable {
    private let time: any TimeSource
    private let waiters = Mutex<[MemoryWaiter]>([])

    init(time: any TimeSource) { self.time = time }

    func make(for selection: WorkSelection) -> MemoryWaiter {
        MemoryWaiter(selection: selection, time: time, among: self)
    }

    func add(_ waiter: MemoryWaiter) {
        waiters.withLock { waiters in
            if !waiters.contains(where: { $0 === waiter }) { waiters.append(waiter) }
        }
    }

    func remove(_ waiter: MemoryWaiter) { waiters.withLock { $0.removeAll { $0 === waiter } } }

    /// Wakes one sleeper that can take a job of this lane.
    func wake(for lane: Lane) {
        let able = waiters.withLock { waiters in waiters.filter { $0.canTake(lane) } }
        var hasWoken = false
        for waiter in able {
            switch waiter.tell(of: lane, mayWake: !hasWoken) {
            case .woken: hasWoken = true
            case .awake, .leftAsleep: break
            }
        }
    }

    /// Wakes all waiters, because the store closes.
    func wakeAll() {
        for waiter in waiters.withLock({ $0 }) { waiter.wake() }
    }
}
