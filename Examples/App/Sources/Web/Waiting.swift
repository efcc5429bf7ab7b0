// The bridge from a connection's thread to asynchronous code.

import Dispatch
import Synchronization

/// Blocks this thread until the work is done, and returns its result. It must not be a thread of the cooperative pool.
nonisolated func waitFor<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let done = DispatchSemaphore(value: 0)
    let place = WaitedFor<Value>()
    Task {
        let value = await work()
        place.value.withLock { $0 = value }
        done.signal()
    }
    while true {
        done.wait()
        if let value = place.value.withLock({ $0 }) { return value }
    }
}

private final class WaitedFor<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
