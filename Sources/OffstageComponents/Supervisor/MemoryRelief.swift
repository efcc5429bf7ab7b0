// When a process that uses nearly all of its memory is replaced, as a value. Replacing helps one that has grown; it
// helps nobody where a process is that large from its start. Such a one is told of once, and then replaced ever more
// rarely: what it holds may have been a single large job.
import OffstageCore

/// What is known of the memory of one process and of those before it in its place.
struct MemoryRelief: Sendable, Hashable {
    /// What to do after a look.
    enum Step: Sendable, Hashable {
        case nothing
        /// Replace it.
        case replace
        /// Say that it needs more than its limit.
        case complain
    }

    /// The longest time that a process must have run before it is replaced.
    static let longestPatience = Duration.seconds(3600)

    private let shortest: Duration
    private var patience: Duration
    private var isTold = false
    private var isUnderWay = false
    private var notBefore = Int64.min

    /// `patience` is how long a process must have run before it is replaced.
    init(patience: Duration) {
        shortest = patience
        self.patience = patience
    }

    /// A process that has run for `age` was looked at.
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

    /// The replacement is over; one that failed is tried again after the pause of a process that keeps dying.
    mutating func ended(isDone: Bool, now: Int64) {
        isUnderWay = false
        if !isDone { notBefore = now + InstanceLife.failingPause.microseconds }
    }
}
