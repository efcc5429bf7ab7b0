// Jobs without a unique key go to the partitions in turn, starting at a random one: otherwise a program that enqueues
// one job and exits would always choose the same partition.
import OffstageCore
import Synchronization

/// Counts through the 4,096 homes that an id can name.
final class HomeCounter: Sendable {
    private let count: Atomic<Int>

    init() {
        var random = SystemRandom()
        count = Atomic(Int(random.next() & 0xFFF))
    }

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue & 0xFFF }
}
