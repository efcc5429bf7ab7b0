// How long to wait before the next attempt. The wait doubles each time, within bounds, and is shortened at random by up
// to half, so that a thousand clients of a server that comes back do not all connect at once.

/// The waits of one series of attempts. All times are in microseconds.
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

    /// Counts a failure. Returns the wait before the next attempt: between half of the full wait and all of it, as
    /// given by a random number from 0 to 1.
    package mutating func failed(_ random: Double) -> Int64 {
        failures += 1
        return Self.wait(failures, first: first, most: most, random)
    }

    /// Starts a new series.
    package mutating func reset() { failures = 0 }

    /// Returns the wait after a number of failures.
    package static func wait(_ failures: Int, first: Int64, most: Int64, _ random: Double) -> Int64 {
        let doublings = min(max(failures, 1) - 1, 30)
        // Doubled step by step, because the full product could overflow.
        var whole = first
        for _ in 0..<doublings where whole < most { whole = whole > most / 2 ? most : whole * 2 }
        whole = min(whole, most)
        return whole / 2 + Int64(Double(whole / 2) * random)
    }
}
