// How long to wait before the next attempt: twice as long each time, within bounds, and by chance up to half of it
// less, so that a thousand clients of a server that comes back do not all come at once.
import OffstageCore

/// The waits of one series of attempts.
struct Backoff {
    private let first: Int64
    private let most: Int64
    private var failures = 0
    private var random: any RandomSource

    /// Between `first` and `most`, in microseconds.
    init(first: Int64, most: Int64, random: any RandomSource) {
        self.first = first
        self.most = most
        self.random = random
    }

    /// The next wait, in microseconds.
    mutating func next() -> Int64 {
        failures += 1
        return Self.wait(failures, first, most, &random)
    }

    /// Begins a new series.
    mutating func reset() { failures = 0 }

    /// The wait before the attempt after so many failures.
    static func wait(_ failures: Int, _ first: Int64, _ most: Int64, _ random: inout any RandomSource) -> Int64 {
        let whole = min(most, first << Int64(min(max(failures, 1) - 1, 20)))
        return whole / 2 + Int64(Double(whole / 2) * random.fraction())
    }
}
