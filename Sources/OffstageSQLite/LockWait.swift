// What is said of a wait for the writer lock, wherever one waits: who holds it longer than 5 s is named, once a wait;
// and when the store's patience is over, the same sentence is the error.
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

    /// Names the holder when it is time to; answers the error to give up with, once the patience is over.
    mutating func lasts(_ microseconds: Int64) -> StoreError? {
        let text = "\(path) is held by process \(lock.holder), for \(microseconds / 1_000_000) s now"
        if microseconds > 5_000_000, !hasNamed {
            hasNamed = true
            options.log(.warning, text, ["pid": "\(lock.holder)"])
        }
        return microseconds > options.patience.microseconds ? .busy(text) : nil
    }
}
