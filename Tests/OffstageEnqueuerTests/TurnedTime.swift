// A clock on which sleeping takes no time: a sleep advances the clock instead and records its duration.
import OffstageCore
import Synchronization

final class TurnedTime: TimeSource {
    private struct State {
        var elapsed: Int64 = 0
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())
    let bootID = "boot"

    func now() -> Timestamp { Timestamp(microseconds: 1_800_000_000_000_000 + monotonicMicroseconds()) }
    func monotonicMicroseconds() -> Int64 { state.withLock { $0.elapsed } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func turn(by duration: Duration) { state.withLock { $0.elapsed += duration.microseconds } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.elapsed += duration.microseconds
            $0.sleeps.append(duration)
        }
        await Task.yield()
    }
}
