// Uniqueness is on the record: a job acquires its key once, when it is enqueued, and releases it once. Nothing that
// brings a job back (retry, snooze, hand-back, rescue) acquires again, so no settle can ever conflict.

/// What a job asks for when no second job of its type may hold the same key.
public struct UniqueRule: Sendable, Hashable {
    /// When a key is given up.
    public enum Release: Int, Sendable, Hashable {
        /// When the handler first starts.
        case started = 0
        /// When the job ends for good.
        case ended
        /// Only when the window has passed, however the job fares.
        case window
    }

    /// What an enqueue that meets a holder does.
    public enum Conflict: Int, Sendable, Hashable {
        /// Answers with the holder and stores nothing.
        case existing = 0
        /// Gives a waiting holder these arguments and this time; a running one is left alone and reported.
        case replace
        /// Replaces a waiting holder; behind a running one, one successor is held until the holder has ended.
        case again
    }

    /// The key; its scope is the job's type.
    public var key: String
    /// When the key is given up.
    public var release: Release
    /// The longest the key is held, counted from acceptance.
    public var window: Duration?
    /// What happens when another job holds the key.
    public var onConflict: Conflict

    /// Creates a rule; with a window and no release it is the window alone that counts, and without a window it never
    /// is.
    public init(key: String, release: Release? = nil, window: Duration? = nil, onConflict: Conflict = .existing) {
        self.key = key
        self.release = window == nil ? (release == .started ? .started : .ended) : release ?? .window
        self.window = window
        self.onConflict = onConflict
    }
}
