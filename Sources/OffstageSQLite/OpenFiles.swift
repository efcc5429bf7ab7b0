// Whether the files that a connection has open are still the ones at the store's path. A file that was removed or
// replaced stays usable for the processes that have it open. Work would seem to go on as before, and would be lost with
// the process. So the files are compared after every commit, before an acceptance is reported, and after every read.
//
// A name can only appear or disappear by a change of its folder, which one `stat` detects. The files themselves are
// checked when the folder has changed, and at least once a second in any case, because something may be mounted over
// them.
import CSystem
import OffstageCore
import OffstageSystem

/// The database, its WAL, the WAL's index and the lock file, as one connection has them open. Belongs to the
/// connection's thread.
final class OpenFiles {
    private struct Member {
        let path: String
        var stamp: FileStamp
    }

    private let path: String
    private let folder: String
    private var database: Member
    /// The files found beside the database. A store that is only read may have none.
    private var besides: [Member] = []
    /// Keeps the database's stamp for the next process; nil for a connection that does not write.
    private let lock: WriterLock?
    /// The folder's stamp when every file was in its place; nil while the folder changes.
    private var quietFolder: FileStamp?
    private var lookedAt: Int64 = 0
    /// The disk space that the database file has at least, in bytes.
    var reserved: Int64

    /// Checks the files of a connection that has read once, and so has opened all of them.
    init(path: String, of connection: Connection, lock: WriterLock?) throws {
        self.path = path
        self.lock = lock
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        self.folder = folder.isEmpty ? "/" : folder
        guard let stamp = FileStamp(path: path), !connection.hasMoved else { throw Self.lost(path) }
        database = Member(path: path, stamp: stamp)
        reserved = stamp.size
        for suffix in ["-wal", "-shm"] {
            guard let stamp = FileStamp(path: path + suffix) else { continue }
            besides.append(Member(path: path + suffix, stamp: stamp))
        }
        if let lock, let stamp = lock.stamp { besides.append(Member(path: lock.path, stamp: stamp)) }
        lock?.keep(stamp)
    }

    /// The size of the WAL in bytes when it was last checked.
    var logSize: Int64 { besides.first { $0.path.hasSuffix("-wal") }?.stamp.size ?? 0 }

    /// Compares the files. Throws StoreError.lost if a path names another file now, or none.
    func check() throws(StoreError) {
        if let quietFolder, offstage_monotonic_ns() - lookedAt < 1_000_000_000, FileStamp(path: folder) == quietFolder {
            return
        }
        try checkAll()
    }

    /// Compares the files before a transaction, unless that was done within the last 100 ms.
    func checkIfDue() throws(StoreError) {
        if offstage_monotonic_ns() - lookedAt > 100_000_000 { try checkAll() }
    }

    /// Compares each of the files, whatever the folder's stamp.
    func checkAll() throws(StoreError) {
        let around = FileStamp(path: folder)
        let known = database.stamp
        try Self.check(&database)
        for index in besides.indices { try Self.check(&besides[index]) }
        if database.stamp != known {
            reserved = database.stamp.size
            lock?.keep(database.stamp)
        }
        lookedAt = offstage_monotonic_ns()
        // Two changes within one tick of the file system's clock have the same stamp.
        quietFolder = around.flatMap { abs(offstage_wall_us() - $0.microseconds) > 100_000 ? $0 : nil }
    }

    /// Whether the WAL and its index were removed and nothing else, so no process has opened the store since.
    var isLogAllThatIsMissing: Bool {
        let logs = besides.filter { $0.path != lock?.path }
        let others = [database] + besides.filter { $0.path == lock?.path }
        return logs.count == 2 && logs.allSatisfy { FileStamp(path: $0.path) == nil }
            && others.allSatisfy { FileStamp(path: $0.path)?.isSameFile(as: $0.stamp) == true }
    }

    private static func check(_ member: inout Member) throws(StoreError) {
        var status = stat()
        guard stat(member.path, &status) == 0 else {
            // Without permission to the folder, the files cannot be compared; they may still be there.
            guard errno == ENOENT || errno == ENOTDIR else { return }
            throw lost(member.path)
        }
        let stamp = FileStamp(status)
        guard stamp.isSameFile(as: member.stamp) else { throw lost(member.path) }
        member.stamp = stamp
    }

    static func lost(_ path: String) -> StoreError {
        let what = FileStamp(path: path) == nil ? "removed" : "replaced by another file"
        return .lost(
            "\(path) was \(what) while it was in use: nothing more is stored in it; put it right and start again")
    }
}
