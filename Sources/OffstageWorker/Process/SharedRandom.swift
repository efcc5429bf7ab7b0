// One source of randomness for all of a worker's tasks, so a given seed is used once.
import OffstageCore
import Synchronization

/// A source of randomness that many tasks draw from.
struct SharedRandom: RandomSource {
    private final class Box: Sendable {
        let source: Mutex<any RandomSource>
        init(_ source: any RandomSource) { self.source = Mutex(source) }
    }

    private let box: Box

    init(_ source: any RandomSource) { box = Box(source) }

    mutating func next() -> UInt64 { box.source.withLock { $0.next() } }
}
