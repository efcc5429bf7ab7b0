// Uniqueness is on the record. A job acquires its key once, when it is enqueued, and releases it once. What brings a
// job back (retry after a failure, snooze, hand-back, rescue) does not acquire the key again, so a settle can never
// conflict.

/// The rule of a job for which no second job of its type may hold the same key.
public struct UniqueRule: Sendable, Hashable {
    /// When a key is given up.
    public enum Release: Int, Sendable, Hashable {
        /// When the handler first starts.
        case started = 0
        /// When the job ends for good.
        case ended
        /// Only when the window has passed, whatever happens to the job.
        case window
    }

    /// What an enqueue does when another job holds the key.
    public enum Conflict: Int, Sendable, Hashable {
        /// Returns the holder and stores nothing.
        case existing = 0
        /// Gives a waiting holder the new arguments and time. A running holder is left alone and reported.
        case replace
        /// Replaces a waiting holder. Behind a running holder, one successor is held until the holder has ended.
        case again
    }

    /// The key; its scope is the job's type.
    public var key: String
    /// When the key is given up.
    public var release: Release
    /// The longest time that the key is held, counted from acceptance.
    public var window: Duration?
    /// What an enqueue does when another job holds the key.
    public var onConflict: Conflict

    /// Creates a rule. With a window and no release, only the window counts. Without a window, the release `window` is
    /// not used; the key is then held until the job ends.
    public init(key: String, release: Release? = nil, window: Duration? = nil, onConflict: Conflict = .existing) {
        self.key = key
        self.release = window == nil ? (release == .started ? .started : .ended) : release ?? .window
        self.window = window
        self.onConflict = onConflict
    }
}
