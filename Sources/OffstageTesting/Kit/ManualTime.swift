// A clock that is turned by hand. Whatever takes its time from here stands still until a test moves it, so that a day
// passes in a microsecond and nothing ever depends on how fast the machine is.
public import OffstageCore
import Synchronization

/// A time source that moves only when it is told to.
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

    /// Creates a clock that stands at a moment; by default at the beginning of 2026.
    public init(at moment: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) {
        state = Mutex(State(wall: moment.microseconds, monotonic: 1_000_000_000))
    }

    /// The wall clock's now.
    public func now() -> Timestamp { state.withLock { Timestamp(microseconds: $0.wall) } }

    /// The monotonic clock's now, in microseconds.
    public func monotonicMicroseconds() -> Int64 { state.withLock { $0.monotonic } }

    /// Which run of the machine this is; `reboot` begins another.
    public var bootID: String { state.withLock { "boot-\($0.boot)" } }

    /// How many tasks sleep.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// How long until the first sleeper is due; nil if nobody sleeps.
    public var nextWake: Duration? {
        state.withLock { state in
            state.sleepers.map(\.deadline).min().map { .microseconds(max(0, $0 - state.monotonic)) }
        }
    }

    /// Lets time pass on both clocks, and wakes whoever slept until then, in the order of their times.
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

    /// Steps the wall clock, forward or back, as a correction of the machine's time does; nobody wakes.
    public func step(by duration: Duration) {
        state.withLock { $0.wall += duration.microseconds }
    }

    /// Begins another run of the machine: the monotonic clock starts again.
    public func reboot() {
        state.withLock { state in
            state.boot += 1
            state.monotonic = 1_000_000
        }
    }

    /// Suspends until the clock has been turned that far; throws CancellationError when the task is cancelled first.
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
