// The order in which jobs wait. There is one line for each queue, type and priority, ordered by run-at and acceptance.
// The due jobs are always at the start of a line, so a reservation only looks at heads. Suspects of a crash have
// separate lines. So do jobs that wait for their time; available jobs thus stay reservable if the clock is set back.
import OffstageCore

/// The properties that the jobs of one line have in common.
struct Lane: Hashable {
    let queue: String
    let type: String
    let priority: Int
    let isSuspect: Bool
    /// Whether its jobs are scheduled or retryable, and so not due before their run-at.
    let isTimed: Bool
}

/// A job's place in its line.
struct Place: Hashable, Comparable {
    let runAt: Timestamp
    let seq: Int64
    let id: JobID

    static func < (a: Place, b: Place) -> Bool { (a.runAt, a.seq) < (b.runAt, b.seq) }
}

/// Places in order.
struct MemoryLine {
    private var places: [Place] = []
    private var head = 0

    /// The place that comes first.
    var first: Place? { head < places.count ? places[head] : nil }

    /// Returns the places of the due jobs, if this is the line of `lane`.
    func due(in lane: Lane, at now: Timestamp) -> ArraySlice<Place> {
        lane.isTimed ? all.prefix { $0.runAt <= now } : all
    }

    /// All places in order.
    var all: ArraySlice<Place> { places[head...] }

    /// Inserts a place in order, mostly at the end.
    mutating func insert(_ place: Place) {
        places.insert(place, at: position(of: place))
    }

    /// Removes a place; removing the first one costs almost nothing.
    mutating func remove(_ place: Place) {
        let position = position(of: place)
        guard position < places.count, places[position] == place else { return }
        if position == head { head += 1 } else { places.remove(at: position) }
        if head > 64, head * 2 > places.count {
            places.removeFirst(head)
            head = 0
        }
    }

    private func position(of place: Place) -> Int {
        if let last = places.last, head < places.count, last < place { return places.count }
        var low = head
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
