// The writer lock. Debian 12's SQLite has a bug: a checkpoint that races with a commit of another process can lose
// data. So all writers and checkpoints of one file, in all processes, take turns on our own lock: a byte of
// `<file>-lock`, locked through the open file description, which the kernel releases when its holder dies. A second
// byte is the turnstile, which every process enters while it waits for the lock. A busy writer that has just released
// the lock finds the waiter ahead of it and cannot take the lock again at once.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

/// The lock on a store's file that one writer at a time holds, in whichever process.
final class WriterLock: Sendable {
    private static let lockByte: Int64 = 0
    private static let turnstileByte: Int64 = 1
    private static let pidOffset: off_t = 16

    private static let stampOffset: off_t = 24

    private let descriptor: Int32
    let path: String
    let stamp: FileStamp?
    /// The monotonic time in microseconds since which this process has been waiting; 0 when it is not.
    private let waitingSince = Atomic<Int64>(0)
    /// The monotonic time in microseconds before which the turnstile is not tried.
    private let bypassUntil = Atomic<Int64>(0)
    let time: any TimeSource

    /// Opens the lock of a database. Makes its file if it is missing and `creating` is set.
    init(of database: String, creating: Bool = true, time: any TimeSource) throws {
        path = database + "-lock"
        self.time = time
        descriptor = try SideFile.open(path, beside: database, creating: creating)
        stamp = FileStamp(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// Takes the lock without a time limit; blocks the calling thread.
    func lock() throws {
        let inTurnstile = enterTurnstile()
        defer { if inTurnstile { leaveTurnstile() } }
        if offstage_ofd_trylock(descriptor, Self.lockByte) != 0 { try waitForLock() }
        signIn()
    }

    /// Takes the lock if it is free, and returns whether it did.
    func tryLock() -> Bool {
        guard offstage_ofd_trylock(descriptor, Self.lockByte) == 0 else { return false }
        signIn()
        return true
    }

    /// Throws StoreError.lost if its path names another file now, or none. The lock would then exclude no process that
    /// came later.
    func check() throws {
        guard let stamp, FileStamp(path: path)?.isSameFile(as: stamp) == true else { throw OpenFiles.lost(path) }
    }

    func leaveTurnstile() {
        _ = offstage_ofd_unlock(descriptor, Self.turnstileByte)
    }

    private func signIn() {
        var pid = Int64(getpid())
        _ = withUnsafeBytes(of: &pid) { pwrite(descriptor, $0.baseAddress, 8, Self.pidOffset) }
    }

    /// Enters the turnstile and returns whether it did. A process that is frozen in the turnstile must not stop the
    /// others. So after 100 ms they bypass it, and for the next second they do not try to enter.
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

    /// Releases the lock.
    func unlock() {
        _ = offstage_ofd_unlock(descriptor, Self.lockByte)
    }

    /// How long this process has been waiting for the lock, in microseconds; nil when it is not waiting.
    var waitingMicroseconds: Int64? {
        let since = waitingSince.load(ordering: .relaxed)
        return since == 0 ? nil : max(0, time.monotonicMicroseconds() - since)
    }

    /// The id of the process that took the lock last, as it wrote it into the file.
    var holder: Int {
        var pid: Int64 = 0
        _ = withUnsafeMutableBytes(of: &pid) { pread(descriptor, $0.baseAddress, 8, Self.pidOffset) }
        return Int(pid)
    }

    // MARK: Ballast

    /// The offset in the file at which the ballast begins.
    private static let ballastOffset: off_t = 4096

    /// Reserves disk space in the lock's file for the day when the disk is full: up to 1 MiB, and at most a sixteenth
    /// of what is free.
    func takeBallast() {
        var status = stat()
        var disk = statvfs()
        guard fstat(descriptor, &status) == 0, status.st_size <= Self.ballastOffset, fstatvfs(descriptor, &disk) == 0
        else { return }
        let free = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
        let size = off_t(min(1 << 20, free / 16)) / 4096 * 4096
        guard size >= 64 << 10 else { return }
        #if !canImport(Darwin)
            _ = posix_fallocate(descriptor, 0, size)
        #endif
    }

    /// Gives the reserved space back, so that jobs can be removed on a full disk.
    func dropBallast() {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > Self.ballastOffset else { return }
        _ = ftruncate(descriptor, Self.ballastOffset)
    }

    // MARK: The database's stamp

    /// The database file's stamp as the last writing process left it; nil if none was recorded.
    var kept: FileStamp? {
        var words: [Int64] = [0, 0, 0, 0, 0]
        let size = words.count * 8
        let count = words.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, size, Self.stampOffset) }
        guard count == size, words.contains(where: { $0 != 0 }) else { return nil }
        return FileStamp(
            device: UInt64(bitPattern: words[0]), inode: UInt64(bitPattern: words[1]), size: words[2],
            seconds: words[3], nanoseconds: words[4])
    }

    /// Records the database file's current stamp. The caller must hold the lock.
    func keep(_ stamp: FileStamp) {
        let words = [
            Int64(bitPattern: stamp.device), Int64(bitPattern: stamp.inode), stamp.size, stamp.seconds,
            stamp.nanoseconds,
        ]
        _ = words.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, Self.stampOffset) }
    }

    private func waitForLock() throws {
        waitingSince.store(max(1, time.monotonicMicroseconds()), ordering: .relaxed)
        defer { waitingSince.store(0, ordering: .relaxed) }
        let code = offstage_ofd_lock(descriptor, Self.lockByte)
        guard code == 0 else {
            throw StoreError.failed("\(path) cannot be locked: \(LibC.reason(code))")
        }
    }
}
