// How many jobs this worker finished lately. This estimates how many more it will start at once, and so how many it may
// prefetch. The window has ten buckets. A count is added when the reserver makes its plan, so a slow store does not
// make a fast worker look slow.

/// Counts the jobs that ended within a sliding window.
struct FinishRate: Sendable {
    private let width: Int64
    private var buckets = [Int](repeating: 0, count: 10)
    private var newest: Int64 = .min
    private var total = 0

    init(windowMicroseconds: Int64) { width = max(1, windowMicroseconds / 10) }

    mutating func add(_ count: Int, at now: Int64) {
        advance(to: now)
        buckets[Int(newest % 10)] += count
        total += count
    }

    mutating func count(at now: Int64) -> Int {
        advance(to: now)
        return total
    }

    private mutating func advance(to now: Int64) {
        let bucket = max(0, now / width)
        guard bucket > newest else { return }
        if newest == .min || bucket - newest >= 10 {
            for index in buckets.indices { buckets[index] = 0 }
            total = 0
        } else {
            for passed in (newest + 1)...bucket {
                total -= buckets[Int(passed % 10)]
                buckets[Int(passed % 10)] = 0
            }
        }
        newest = bucket
    }
}
