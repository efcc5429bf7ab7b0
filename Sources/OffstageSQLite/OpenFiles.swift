// Whether the files that a connection has open are still the ones that stand at the store's path. A file that was
// removed or replaced stays usable for those who have it open, so everything would go on as before, and be gone with
// the process. Compared after every commit, before anybody is told that something was accepted, and after every look.
//
// Names come and go only by a change of their folder, which costs one `stat` to see. The files themselves are looked
// at when the folder has changed, and once a second in any case, for what may be mounted over them.
import CSystem
import OffstageCore
import OffstageSystem

/// The database, its log, the log's index and the lock, as one connection has them; belongs to the connection's thread.
final class OpenFiles {
    private struct Member {
        let path: String
        var stamp: FileStamp
    }

    private let path: String
    private let folder: String
    private var database: Member
    /// What was there beside it: a store that is only read may have nothing.
    private var besides: [Member] = []
    /// Where the database's stamp is kept for the next process; nil for a connection that does not write.
    private let lock: WriterLock?
    /// The folder as it was when everything was in its place; nil while it changes.
    private var quietFolder: FileStamp?
    private var lookedAt: Int64 = 0
    /// How many bytes of the disk the database's file has at least.
    var reserved: Int64

    /// Looks at the files of a connection that has read once, and so has opened them all.
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

    /// How many bytes the log had when it was last looked at.
    var logSize: Int64 { besides.first { $0.path.hasSuffix("-wal") }?.stamp.size ?? 0 }

    /// Compares; throws StoreError.lost if a path names another file by now, or none.
    func check() throws(StoreError) {
        if let quietFolder, offstage_monotonic_ns() - lookedAt < 1_000_000_000, FileStamp(path: folder) == quietFolder {
            return
        }
        try checkAll()
    }

    /// Compares before a transaction, unless that was done a moment ago.
    func checkIfDue() throws(StoreError) {
        if offstage_monotonic_ns() - lookedAt > 100_000_000 { try checkAll() }
    }

    /// Compares each of the files.
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
        // Two changes within one tick of the file system's clock look like one.
        quietFolder = around.flatMap { abs(offstage_wall_us() - $0.microseconds) > 100_000 ? $0 : nil }
    }

    /// Whether the log and its index were removed, and nothing else: nobody has opened the store since.
    var isLogAllThatIsMissing: Bool {
        let logs = besides.filter { $0.path != lock?.path }
        let others = [database] + besides.filter { $0.path == lock?.path }
        return logs.count == 2 && logs.allSatisfy { FileStamp(path: $0.path) == nil }
            && others.allSatisfy { FileStamp(path: $0.path)?.isSameFile(as: $0.stamp) == true }
    }

    private static func check(_ member: inout Member) throws(StoreError) {
        var status = stat()
        guard stat(member.path, &status) == 0 else {
            // Who must not look at the folder any more cannot compare; the file may well be there.
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
