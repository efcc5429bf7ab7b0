// Determines whether the kernel has recently killed a process for lack of memory, so that a SIGKILL without a known
// sender can be reported as that. Only the last seconds count, not a child's whole life, and each kill explains one
// death. Otherwise every later SIGKILL would be attributed to memory.

/// Watches the kernel's counts of out-of-memory kills.
struct MemoryWatch {
    /// How old a count may get, in microseconds; the count that is compared with is up to twice as old.
    private static let period: Int64 = 3_000_000

    private let read: () -> MemoryPressure
    private var before: MemoryPressure
    private var latest: MemoryPressure
    /// When to read the counts again, in microseconds.
    private(set) var next: Int64

    init(at now: Int64, read: @escaping () -> MemoryPressure = MemoryPressure.now) {
        self.read = read
        before = read()
        latest = before
        next = now + Self.period
    }

    /// Reads the counts again if it is time.
    mutating func look(at now: Int64) {
        guard now >= next else { return }
        before = latest
        latest = read()
        next = now + Self.period
    }

    /// Whether a kill of the last seconds explains a death. That kill then explains no other death.
    mutating func explainsADeath() -> Bool {
        let now = read()
        guard now.exceeds(before) else { return false }
        before = before.next(upTo: now)
        if before.exceeds(latest) { latest = before }
        return true
    }
}
