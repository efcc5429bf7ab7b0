// Lets a test wait for an event, with a bound, instead of sleeping for a guessed time.
import OffstageCore
import Synchronization

/// A signal that is set once, and that a test can wait for.
public final class TestSignal: Sendable {
    private let isSetState = Mutex(false)

    /// Creates a signal that is not set.
    public init() {}

    /// Whether the signal is set.
    public var isSet: Bool { isSetState.withLock { $0 } }

    /// Sets the signal.
    public func set() { isSetState.withLock { $0 = true } }

    /// Waits until the signal is set. Returns false if it is not set within `bound`, in real time.
    public func wait(within bound: Duration = .seconds(10)) async -> Bool {
        await Self.holds(within: bound) { self.isSet }
    }

    /// Waits until a condition holds. Returns false if it does not within `bound`, in real time.
    public static func holds(
        within bound: Duration = .seconds(10), _ condition: () async throws -> Bool
    ) async rethrows -> Bool {
        let clock = SystemTime()
        let limit = clock.monotonicMicroseconds() + bound.microseconds
        while try await !condition() {
            guard clock.monotonicMicroseconds() < limit else { return false }
            // A cancelled test keeps checking until the bound. It cannot sleep any more, so it yields.
            do { try await clock.sleep(for: .milliseconds(1)) } catch { await Task.yield() }
        }
        return true
    }
}
