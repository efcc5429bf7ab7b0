// A time as a caller says it. "Now" and "in ten minutes" are left to the store, whose clock alone decides what is due.

/// When something shall happen, by the store's wall clock.
public enum When: Sendable, Hashable {
    /// At once.
    case now
    /// A duration after the store accepts it; not negative.
    case after(Duration)
    /// At a moment, which may have passed: then at once.
    case at(Timestamp)

    /// The moment meant, seen from the store's now.
    public func resolved(at now: Timestamp) -> Timestamp {
        switch self {
        case .now: now
        case .after(let delay): now + max(.zero, delay)
        case .at(let moment): moment
        }
    }
    /// The same, but no delay shorter than a duration.
    func notBefore(_ least: Duration) -> When {
        if case .after(let delay) = self { .after(max(least, delay)) } else { self }
    }
}
