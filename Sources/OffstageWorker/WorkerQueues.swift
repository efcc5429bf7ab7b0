// Which queues a worker serves, and in which order it empties them. Strict means that a queue is served only when all
// queues before it are empty. Weighted means that each reservation draws a strict order at random, in which a queue of
// weight 2 comes first twice as often as one of weight 1. Every queue is served in proportion and none starves, and the
// store knows nothing of weights.
import OffstageCore

/// The queues a worker serves.
public enum WorkerQueues: Sendable, Hashable {
    /// All queues, in the order of their jobs.
    case all
    /// These queues, each only when those before it are empty.
    case strict([String])
    /// These queues, in proportion to their weights of 1 or more.
    case weighted([WeightedQueue])

    /// The names of the queues; nil for all queues.
    public var names: [String]? {
        switch self {
        case .all: nil
        case .strict(let names): names
        case .weighted(let queues): queues.map(\.name)
        }
    }

    /// The order of the queues for one reservation; nil for all queues.
    func order(using random: inout any RandomSource) -> [String]? {
        guard case .weighted(var left) = self else { return names }
        var total = left.reduce(0) { $0 + $1.weight }
        var order: [String] = []
        while !left.isEmpty {
            var at = Int(random.next() % UInt64(max(1, total)))
            let drawn = left.firstIndex { queue in
                at -= queue.weight
                return at < 0
            }
            let queue = left.remove(at: drawn ?? 0)
            total -= queue.weight
            order.append(queue.name)
        }
        return order
    }

    func check() throws(WorkerError) {
        guard let names else { return }
        guard !names.isEmpty else { throw .invalid("a worker needs at least one queue") }
        for name in names where !Names.isValid(name) {
            throw .invalid("queue \(Names.quoted(name)) is not a name: use 1 to 128 of A-Z a-z 0-9 . _ : -")
        }
        guard Set(names).count == names.count else {
            throw .invalid("a queue is named twice: \(names.joined(separator: ", "))")
        }
        guard case .weighted(let queues) = self else { return }
        for queue in queues where !(1...1_000_000).contains(queue.weight) {
            throw .invalid("the weight \(queue.weight) of queue \(queue.name) is not between 1 and 1000000")
        }
    }
}

/// A queue with its weight, which sets how often it comes first.
public struct WeightedQueue: Sendable, Hashable {
    /// The queue's name.
    public var name: String
    /// Its weight, from 1 to 1,000,000.
    public var weight: Int
    /// Creates a queue with a weight.
    public init(_ name: String, weight: Int) {
        self.name = name
        self.weight = weight
    }
}

extension WorkerQueues: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Creates strict queues in the order written.
    public init(arrayLiteral names: String...) { self = .strict(names) }
    /// Creates weighted queues.
    public init(dictionaryLiteral queues: (String, Int)...) {
        self = .weighted(queues.map { WeightedQueue($0.0, weight: $0.1) })
    }
}
