// Makes identifiers. One source per process is enough. It keeps a little state under a lock, so that ids made within
// one millisecond still ascend; a store's indexes then grow at one end.
import Synchronization

/// Makes version 7 identifiers that ascend within a process.
public final class JobIDSource: Sendable {
    private struct State {
        var random: any RandomSource
        var lastHigh: UInt64 = 0
        var lastLow: UInt64 = 0
    }

    private let state: Mutex<State>
    private let time: any TimeSource

    /// Creates a source from a clock and a source of randomness.
    public init(time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()) {
        self.time = time
        state = Mutex(State(random: random))
    }

    /// Returns a new identifier.
    public func next() -> JobID { next(1)[0] }

    /// Returns new identifiers in ascending order, made with one reading of the clock.
    public func next(_ count: Int) -> [JobID] {
        let now = time.now()
        return state.withLock { state in
            (0..<count).map { _ in
                var id = JobID(at: now, random: (state.random.next(), state.random.next()))
                if id.high >> 16 <= state.lastHigh >> 16 {
                    // The same millisecond, or a clock that stepped back: continue from the last id by a random step.
                    // That leaves 62 bits, of which at least 30 cannot be guessed.
                    let step = (id.low & 0x3FFF_FFFF) + 1
                    let low = (state.lastLow & 0x3FFF_FFFF_FFFF_FFFF) + step
                    let carry = low >> 62
                    id = JobID(high: state.lastHigh + carry, low: 0x8000_0000_0000_0000 | (low & 0x3FFF_FFFF_FFFF_FFFF))
                }
                state.lastHigh = id.high
                state.lastLow = id.low
                return id
            }
        }
    }
}
