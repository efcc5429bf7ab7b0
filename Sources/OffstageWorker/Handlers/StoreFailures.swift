// Whose attempt ended because the worker's own store failed under it. Such an end is not the job's fault, whatever the
// store's trouble was, so it costs no attempt. Errors of stores that a handler reaches by itself are the handler's.
import OffstageCore
import Synchronization

/// The store's last failure in each running attempt that met one, by the number of its lease.
final class StoreFailures: Sendable {
    private let count = Atomic<Int>(0)
    private let errors = Mutex<[UInt64: StoreError]>([:])

    func add(_ error: any Error, to token: Token) {
        guard let error = error as? StoreError else { return }
        errors.withLock { errors in
            errors[token.counter] = error
            count.store(errors.count, ordering: .releasing)
        }
    }

    func take(for token: Token) -> StoreError? {
        guard count.load(ordering: .acquiring) > 0 else { return nil }
        return errors.withLock { errors in
            let taken = errors.removeValue(forKey: token.counter)
            count.store(errors.count, ordering: .releasing)
            return taken
        }
    }
}
