// Something a test waits for, instead of sleeping and hoping: it was said, or it was not within a bound.
import OffstageCore
import Synchronization

/// A thing that happens once, and that a test can wait for.
public final class TestSignal: Sendable {
    private let isSetState = Mutex(false)

    /// Creates a signal that has not been given.
    public init() {}

    /// Whether it was given.
    public var isSet: Bool { isSetState.withLock { $0 } }

    /// Gives the signal.
    public func set() { isSetState.withLock { $0 = true } }

    /// Waits until the signal is given; false if it was not within the bound, in real time.
    public func wait(within bound: Duration = .seconds(10)) async -> Bool {
        await Self.holds(within: bound) { self.isSet }
    }

    /// Waits until a condition holds; false if it did not within the bound, in real time.
    public static func holds(
        within bound: Duration = .seconds(10), _ condition: () async throws -> Bool
    ) async rethrows -> Bool {
        let clock = SystemTime()
        let limit = clock.monotonicMicroseconds() + bound.microseconds
        while try await !condition() {
            guard clock.monotonicMicroseconds() < limit else { return false }
            // A cancelled test goes on looking until the bound, and is not spinning meanwhile.
            do { try await clock.sleep(for: .milliseconds(1)) } catch { await Task.yield() }
        }
        return true
    }
}
