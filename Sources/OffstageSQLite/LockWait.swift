// Reports on a wait for the writer lock, whichever thread waits. A process that holds it for longer than 5 s is named
// in the log, once a wait. When the store's patience is exhausted, the same sentence becomes the error.
import OffstageCore

/// One wait for the writer lock.
struct LockWait {
    let lock: WriterLock
    let path: String
    let options: StoreOptions
    private var hasNamed = false

    init(for lock: WriterLock, path: String, options: StoreOptions) {
        self.lock = lock
        self.path = path
        self.options = options
    }

    /// Logs the holder when it is time to. Returns the error to give up with if the patience is exhausted, else nil.
    mutating func lasts(_ microseconds: Int64) -> StoreError? {
        let text = "\(path) is held by process \(lock.holder), for \(microseconds / 1_000_000) s now"
        if microseconds > 5_000_000, !hasNamed {
            hasNamed = true
            options.log(.warning, text, ["pid": "\(lock.holder)"])
        }
        return microseconds > options.patience.microseconds ? .busy(text) : nil
    }
}
