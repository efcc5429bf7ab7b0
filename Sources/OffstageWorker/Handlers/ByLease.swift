// Values that some running attempts have and most do not, such as follow-ups. The common check for whether there are
// any is one atomic load.
import OffstageCore
import Synchronization

/// Values of running attempts, keyed by the counter of their lease.
final class ByLease<Value: Sendable>: Sendable {
    private let count = Atomic<Int>(0)
    private let values = Mutex<[UInt64: Value]>([:])

    /// Changes the value of an attempt; the value is nil if the attempt has none.
    func change<Failure>(of token: Token, _ change: (inout Value?) throws(Failure) -> Void) throws(Failure) {
        try values.withLock { values throws(Failure) in
            defer { count.store(values.count, ordering: .releasing) }
            try change(&values[token.counter])
        }
    }

    /// Removes and returns the value of an attempt; nil if it has none.
    func take(for token: Token) -> Value? {
        guard count.load(ordering: .acquiring) > 0 else { return nil }
        return values.withLock { values in
            defer { count.store(values.count, ordering: .releasing) }
            return values.removeValue(forKey: token.counter)
        }
    }
}
