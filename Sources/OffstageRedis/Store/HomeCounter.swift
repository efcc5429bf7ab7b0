// Jobs without a unique key go to one partition after the other.
import Synchronization

/// Counts through the 4,096 homes that an id can name.
final class HomeCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue & 0xFFF }
}
