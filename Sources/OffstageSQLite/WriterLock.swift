// Who may write. Debian 12's SQLite has a bug by which a checkpoint that races with a commit of another process can
// lose data, so all writers and checkpoints of one file, in all processes, take turns on a lock of our own: a byte of
// `<file>-lock`, locked through the open file description, which the kernel frees when its holder dies. A second byte
// is the turnstile: whoever waits for the lock stands in it, so a busy writer that has just let go finds somebody in
// front of it and cannot take the lock again at once.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

/// The lock that one writer at a time holds on a store's file, whatever process it is in.
final class WriterLock: Sendable {
    private static let lockByte: Int64 = 0
    private static let turnstileByte: Int64 = 1
    private static let pidOffset: off_t = 16

    private static let stampOffset: off_t = 24

    private let descriptor: Int32
    let path: String
    let stamp: FileStamp?
    /// Monotonic microseconds since when this process has been waiting; 0 when it is not.
    private let waitingSince = Atomic<Int64>(0)
    /// Until when, in monotonic microseconds, the turnstile is not tried.
    private let bypassUntil = Atomic<Int64>(0)
    let time: any TimeSource

    /// Opens the lock of a database; makes its file if there is none and `creating`.
    init(of database: String, creating: Bool = true, time: any TimeSource) throws {
        path = database + "-lock"
        self.time = time
        descriptor = try SideFile.open(path, beside: database, creating: creating)
        stamp = FileStamp(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// Takes the lock, however long that takes; blocks the calling thread.
    func lock() throws {
        let inTurnstile = enterTurnstile()
        defer { if inTurnstile { leaveTurnstile() } }
        if offstage_ofd_trylock(descriptor, Self.lockByte) != 0 { try waitForLock() }
        signIn()
    }

    /// Takes the lock if nobody holds it, and returns whether it did.
    func tryLock() -> Bool {
        guard offstage_ofd_trylock(descriptor, Self.lockByte) == 0 else { return false }
        signIn()
        return true
    }

    /// Throws StoreError.lost if its path names another file by now, or none: then it excludes nobody who came later.
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

    // MARK: Room for removing

    /// Where that room begins in the file.
    private static let ballastOffset: off_t = 4096

    /// Keeps some room of the disk in the lock's file, for the day when there is none: up to 1 MiB, and no more than a
    /// sixteenth of what is free.
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

    /// Gives that room back to the disk, so that something can be removed on a full one.
    func dropBallast() {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > Self.ballastOffset else { return }
        _ = ftruncate(descriptor, Self.ballastOffset)
    }

    // MARK: The database's stamp

    /// The database's file as the last process that wrote left it; nil if none has noted it.
    var kept: FileStamp? {
        var words: [Int64] = [0, 0, 0, 0, 0]
        let size = words.count * 8
        let count = words.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, size, Self.stampOffset) }
        guard count == size, words.contains(where: { $0 != 0 }) else { return nil }
        return FileStamp(
            device: UInt64(bitPattern: words[0]), inode: UInt64(bitPattern: words[1]), size: words[2],
            seconds: words[3], nanoseconds: words[4])
    }

    /// Notes how the database's file stands now; to be called with the lock held.
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
