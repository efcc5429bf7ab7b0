// Takes the lock where no LockWatch monitors the waiting thread: while a store is being opened, and for a caller's own
// transactions. The wait itself logs a holder that does not release the lock, and gives up when the store's patience is
// exhausted.
import CSystem
import OffstageCore
import OffstageSystem

extension WriterLock {
    /// Takes the lock if that succeeds within `limit`. Returns whether it did. Blocks the calling thread.
    func lock(within limit: Duration) -> Bool {
        let end = offstage_monotonic_ns() &+ limit.microseconds &* 1000
        var pause: UInt32 = 50
        while !tryLock() {
            guard offstage_monotonic_ns() < end else { return false }
            usleep(pause)
            pause = min(5000, pause * 2)
        }
        return true
    }

    /// Takes the lock; blocks the calling thread. Throws StoreError.busy with the holder's process id when the store's
    /// patience is exhausted, or StoreError.lost.
    func lock(orGiveUp path: String, _ options: StoreOptions) throws {
        // Without a position in the turnstile, a process that only polls would starve beside writers that never pause.
        let inTurnstile = enterTurnstile()
        defer { if inTurnstile { leaveTurnstile() } }
        let start = options.time.monotonicMicroseconds()
        var wait = LockWait(for: self, path: path, options: options)
        var pause: UInt32 = 50
        while !tryLock() {
            if let error = wait.lasts(options.time.monotonicMicroseconds() - start) { throw error }
            usleep(pause)
            pause = min(5000, pause * 2)
        }
        do { try check() } catch {
            unlock()
            throw error
        }
    }
}
