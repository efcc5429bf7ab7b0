// A clock that is set manually. Code that takes its time from here stands still until a test moves the clock. A day
// passes in a microsecond, and nothing depends on the speed of the machine.
public import OffstageCore
import Synchronization

/// A time source that moves only when a test moves it.
public final class ManualTime: TimeSource {
    private struct Sleeper {
        let id: Int
        let deadline: Int64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var wall: Int64
        var monotonic: Int64
        var boot = 1
        var sleepers: [Sleeper] = []
        var lastID = 0
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    /// Creates a clock that starts at a moment, by default the beginning of 2026.
    public init(at moment: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) {
        state = Mutex(State(wall: moment.microseconds, monotonic: 1_000_000_000))
    }

    /// Returns the time of the wall clock.
    public func now() -> Timestamp { state.withLock { Timestamp(microseconds: $0.wall) } }

    /// Returns the time of the monotonic clock, in microseconds.
    public func monotonicMicroseconds() -> Int64 { state.withLock { $0.monotonic } }

    /// Identifies the boot of the simulated machine; `reboot` starts another.
    public var bootID: String { state.withLock { "boot-\($0.boot)" } }

    /// The number of sleeping tasks.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// The time until the first sleeper is due; nil if no task sleeps.
    public var nextWake: Duration? {
        state.withLock { state in
            state.sleepers.map(\.deadline).min().map { .microseconds(max(0, $0 - state.monotonic)) }
        }
    }

    /// Advances both clocks, and wakes the tasks whose sleep has ended, in the order of their deadlines.
    public func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.wall += duration.microseconds
            state.monotonic += duration.microseconds
            let due = state.sleepers.filter { $0.deadline <= state.monotonic }
            state.sleepers.removeAll { $0.deadline <= state.monotonic }
            return due.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Steps the wall clock, forward or back, as a correction of the machine's time does. No task wakes.
    public func step(by duration: Duration) {
        state.withLock { $0.wall += duration.microseconds }
    }

    /// Simulates a reboot: the boot id changes, and the monotonic clock starts again.
    public func reboot() {
        state.withLock { state in
            state.boot += 1
            state.monotonic = 1_000_000
        }
    }

    /// Suspends until the monotonic clock has advanced by `duration`. Throws CancellationError if the task is cancelled
    /// first.
    public func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.contains(id) || Task.isCancelled { return .failure(CancellationError()) }
                    guard duration > .zero else { return .success(()) }
                    let deadline = state.monotonic + duration.microseconds
                    state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
