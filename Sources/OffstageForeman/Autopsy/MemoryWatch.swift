// Whether the kernel has lately killed for want of memory, so that a SIGKILL nobody owns up to can be told as that.
// Only the last seconds count, not a child's whole life, and each killing explains one death: otherwise every later
// kill would be put down to memory.

/// Watches the kernel's counts of killing for want of memory.
struct MemoryWatch {
    /// How old a count may get, in microseconds; what is compared with is up to twice as old.
    private static let period: Int64 = 3_000_000

    private let read: () -> MemoryPressure
    private var before: MemoryPressure
    private var latest: MemoryPressure
    /// When to look again, in microseconds.
    private(set) var next: Int64

    init(at now: Int64, read: @escaping () -> MemoryPressure = MemoryPressure.now) {
        self.read = read
        before = read()
        latest = before
        next = now + Self.period
    }

    /// Looks again if it is time.
    mutating func look(at now: Int64) {
        guard now >= next else { return }
        before = latest
        latest = read()
        next = now + Self.period
    }

    /// Whether a killing of the last seconds explains a death; it explains no other.
    mutating func explainsADeath() -> Bool {
        let now = read()
        guard now.exceeds(before) else { return false }
        before = before.next(upTo: now)
        if before.exceeds(latest) { latest = before }
        return true
    }
}
