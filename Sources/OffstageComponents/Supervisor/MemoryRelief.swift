// Decides, as a value, when to replace a process that uses nearly all of its memory limit. A replacement helps if the
// process has grown, but not if it is that large from its start. In that case this complains once, and then replaces
// ever more rarely, because one large job may have been the cause.
import OffstageCore

/// What is known about the memory of one process and of its predecessors.
struct MemoryRelief: Sendable, Hashable {
    /// What to do after a check.
    enum Step: Sendable, Hashable {
        case nothing
        /// Replace it.
        case replace
        /// Report that it needs more than its limit.
        case complain
    }

    /// The upper bound of the time that a process must have run before it is replaced.
    static let longestPatience = Duration.seconds(3600)

    private let shortest: Duration
    private var patience: Duration
    private var isTold = false
    private var isUnderWay = false
    private var notBefore = Int64.min

    /// Creates the initial state. `patience` is how long a process must have run before it is replaced.
    init(patience: Duration) {
        shortest = patience
        self.patience = patience
    }

    /// Returns what to do about a process that has run for `age`. `isAtMark` states whether it uses nearly all of its
    /// limit.
    mutating func look(age: Duration, isAtMark: Bool, now: Int64) -> Step {
        guard !isUnderWay, now >= notBefore else { return .nothing }
        guard isAtMark else {
            if age >= patience {
                patience = shortest
                isTold = false
            }
            return .nothing
        }
        guard age >= patience else {
            defer { isTold = true }
            return isTold ? .nothing : .complain
        }
        if isTold { patience = min(Self.longestPatience, patience * 2) }
        isUnderWay = true
        return .replace
    }

    /// Records the end of a replacement. A failed one is tried again after the pause of a process that keeps dying.
    mutating func ended(isDone: Bool, now: Int64) {
        isUnderWay = false
        if !isDone { notBefore = now + InstanceLife.failingPause.microseconds }
    }
}
