// A time as a caller expresses it. The store resolves "now" and "in ten minutes", because its clock alone decides what
// is due.

/// When something should happen, by the store's wall clock.
public enum When: Sendable, Hashable {
    /// At once.
    case now
    /// A duration after the store accepts it; must not be negative.
    case after(Duration)
    /// At a moment; if it has passed, at once.
    case at(Timestamp)

    /// Returns the moment that is meant, given the store's now.
    public func resolved(at now: Timestamp) -> Timestamp {
        switch self {
        case .now: now
        case .after(let delay): now + max(.zero, delay)
        case .at(let moment): moment
        }
    }
    /// Returns the same time, with a delay raised to at least `least`.
    func notBefore(_ least: Duration) -> When {
        if case .after(let delay) = self { .after(max(least, delay)) } else { self }
    }
}
