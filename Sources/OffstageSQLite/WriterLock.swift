// Who may write. Debian 12's SQLite has a bug by which a checkpoint that races with a commit of another process can
// lose data, so all writers and checkpoints of one file, in all processes, take turns on a lock of our own: a byte of
// `<file>-lock`, locked through the open file description, which the kernel frees when its holder dies. A second byte
// is the turnstile: whoever waits for the lock stands in it, so a busy writer that has just let go finds somebody in
// front of it and cannot take the lock again at once.
import CSystem
import OffstageCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The lock that one writer at a time holds on a store's file, whatever process it is in.
final class WriterLock: Sendable {
    private static let lockByte: Int64 = 0
    private static let turnstileByte: Int64 = 1
    private static let pidOffset: off_t = 16

    private let descriptor: Int32
    private let path: String
    /// Monotonic microseconds since when this process has been waiting; 0 when it is not.
    private let waitingSince = Atomic<Int64>(0)
    /// Until when, in monotonic microseconds, the turnstile is not tried.
    private let bypassUntil = Atomic<Int64>(0)
    private let time: any TimeSource

    init(path: String, time: any TimeSource) throws {
        self.path = path
        self.time = time
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StoreError.unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Takes the lock, however long that takes; blocks the calling thread.
    func lock() throws {
        let inTurnstile = enterTurnstile()
        defer { if inTurnstile { leaveTurnstile() } }
        if offstage_ofd_trylock(descriptor, Self.lockByte) != 0 { try waitForLock() }
        signIn()
    }

    /// Takes the lock if nobody holds it, and answers whether it did.
    func tryLock() -> Bool {
        guard offstage_ofd_trylock(descriptor, Self.lockByte) == 0 else { return false }
        signIn()
        return true
    }

    func leaveTurnstile() {
        _ = offstage_ofd_unlock(descriptor, Self.turnstileByte)
    }

    private func signIn() {
        var pid = Int64(getpid())
        _ = withUnsafeBytes(of: &pid) { pwrite(descriptor, $0.baseAddress, 8, Self.pidOffset) }
    }

    /// Stands in the turnstile, but not behind somebody who does not move: a process that was frozen there must not
    /// stop the others, so after 100 ms they go round it, and for a second from then on they do not even try.
    func enterTurnstile() -> Bool {
        let start = time.monotonicMicroseconds()
        guard start >= bypassUntil.load(ordering: .relaxed) else { return false }
        var pause: UInt32 = 50
        while offstage_ofd_trylock(descriptor, Self.turnstileByte) != 0 {
            let now = time.monotonicMicroseconds()
            guard now - start < 100_000, pause > 0 else {
                bypassUntil.store(now + 1_000_000, ordering: .relaxed)
                return false
            }
            usleep(pause)
            pause = min(2000, pause * 2)
        }
        return true
    }

    /// Lets the next one in.
    func unlock() {
        _ = offstage_ofd_unlock(descriptor, Self.lockByte)
    }

    /// How long this process has been waiting for the lock, in microseconds; nil when it is not.
    var waitingMicroseconds: Int64? {
        let since = waitingSince.load(ordering: .relaxed)
        return since == 0 ? nil : max(0, time.monotonicMicroseconds() - since)
    }

    /// The process that took the lock last, as it wrote itself down.
    var holder: Int {
        var pid: Int64 = 0
        _ = withUnsafeMutableBytes(of: &pid) { pread(descriptor, $0.baseAddress, 8, Self.pidOffset) }
        return Int(pid)
    }

    private func waitForLock() throws {
        waitingSince.store(max(1, time.monotonicMicroseconds()), ordering: .relaxed)
        defer { waitingSince.store(0, ordering: .relaxed) }
        let code = offstage_ofd_lock(descriptor, Self.lockByte)
        guard code == 0 else {
            throw StoreError.failed("\(path) cannot be locked: \(String(cString: strerror(code)))")
        }
    }
}
