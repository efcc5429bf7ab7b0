// Time is a parameter. The project reads clocks and sleeps only through this protocol, so a test can turn the clock
// itself, and a seed can replay a whole fleet. Wall time decides when jobs are due; monotonic time measures leases and
// silences.

/// Where time comes from.
public protocol TimeSource: Sendable {
    /// The wall clock's now.
    func now() -> Timestamp
    /// Returns the microseconds on a clock that never steps and is the same for all processes of the machine.
    func monotonicMicroseconds() -> Int64
    /// Identifies the boot of the machine that the monotonic clock belongs to. If it changes, earlier readings of that
    /// clock are invalid.
    var bootID: String { get }
    /// Suspends for a duration. Throws CancellationError if the task is cancelled first.
    func sleep(for duration: Duration) async throws
}

/// Where randomness comes from.
public protocol RandomSource: Sendable, RandomNumberGenerator {
    /// The next 64 random bits.
    mutating func next() -> UInt64
}

extension RandomSource {
    /// Returns a random number from 0 up to, but not including, 1.
    public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// The system's randomness.
public struct SystemRandom: RandomSource {
    /// Creates the source.
    public init() {}
    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

/// A repeatable sequence from a seed (SplitMix64), for tests and simulations; not for identifiers.
public struct SeededRandom: RandomSource {
    private var state: UInt64
    /// Creates a sequence; the same seed gives the same sequence.
    public init(seed: UInt64) { state = seed }
    /// The next 64 bits of the sequence.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
