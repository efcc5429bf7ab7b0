// The machine's own clocks, and the only code that sleeps.
import OffstageSystem

/// The machine's clocks: CLOCK_REALTIME and CLOCK_MONOTONIC, with the kernel's boot id.
public struct SystemTime: TimeSource {
    /// The kernel's boot id, read once.
    public let bootID: String

    /// Creates the time source and reads the boot id.
    public init() {
        bootID = Self.readBootID()
    }

    /// The wall clock's now.
    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Microseconds since the machine started.
    public func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The longest sleep. Swift's own sleep traps on a duration that its clock cannot represent.
    private static let longestSleep = Duration.seconds(100 * 366 * 86_400)

    /// Suspends the task, for at most a hundred years.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: max(.zero, min(duration, Self.longestSleep)))
    }

    private static func readBootID() -> String {
        let text = KernelFile.text("/proc/sys/kernel/random/boot_id", upTo: 64) ?? ""
        return text.isEmpty ? "unknown" : text.filter { $0 > " " }
    }
}
