// How long to wait before the next attempt: twice as long each time, within bounds, and by chance up to half of it
// less, so that a thousand clients of a server that comes back do not all come at once.

/// The waits of one series of attempts. All times are microseconds.
package struct Backoff: Sendable {
    private let first: Int64
    private let most: Int64
    /// How many attempts have failed in this series.
    package private(set) var failures = 0

    /// Creates a series whose waits double from `first` to `most`.
    package init(first: Int64, most: Int64) {
        self.first = max(1, first)
        self.most = most
    }

    /// Counts a failure, and returns the wait before the next attempt: between half of the whole wait and all of it,
    /// by a random number from 0 to below 1.
    package mutating func failed(_ random: Double) -> Int64 {
        failures += 1
        return Self.wait(failures, first: first, most: most, random)
    }

    /// Begins a new series.
    package mutating func reset() { failures = 0 }

    /// The wait after a number of failures.
    package static func wait(_ failures: Int, first: Int64, most: Int64, _ random: Double) -> Int64 {
        let doublings = min(max(failures, 1) - 1, 30)
        // Doubled in steps, as the whole may be more than there is room for.
        var whole = first
        for _ in 0..<doublings where whole < most { whole = whole > most / 2 ? most : whole * 2 }
        whole = min(whole, most)
        return whole / 2 + Int64(Double(whole / 2) * random)
    }
}
