// What some running attempts have and most have not, such as follow-ups. The common question "is there anything?" is
// one atomic load.
import OffstageCore
import Synchronization

/// Values of running attempts, by the number of their lease.
final class ByLease<Value: Sendable>: Sendable {
    private let count = Atomic<Int>(0)
    private let values = Mutex<[UInt64: Value]>([:])

    /// Changes the value of an attempt; nil if it has none.
    func change<Failure>(of token: Token, _ change: (inout Value?) throws(Failure) -> Void) throws(Failure) {
        try values.withLock { values throws(Failure) in
            defer { count.store(values.count, ordering: .releasing) }
            try change(&values[token.counter])
        }
    }

    /// Takes the value of an attempt away.
    func take(for token: Token) -> Value? {
        guard count.load(ordering: .acquiring) > 0 else { return nil }
        return values.withLock { values in
            defer { count.store(values.count, ordering: .releasing) }
            return values.removeValue(forKey: token.counter)
        }
    }
}
