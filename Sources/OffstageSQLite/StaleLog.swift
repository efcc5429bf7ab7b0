// A log that lies beside a file it does not belong to: somebody has put a backup in the place of a store that had not
// been closed in order. SQLite would copy the old log's pages into the restored file and ruin it.
import OffstageCore

enum StaleLog {
    /// Throws StoreError.unusable if the log beside a file is not its own.
    static func check(_ path: String, _ connection: Connection, lock: WriterLock?, _ options: StoreOptions) throws {
        guard hasLog(path), (FileStamp(path: path)?.size ?? 0) > 0 else { return }
        // A file says that it has a log before it has one; a copy that SQLite made says that it has none.
        guard connection.saysWAL else { throw refusal(path) }
        guard isSuspected(path, lock: lock) else { return }
        options.log(.info, "\(path) has changed since its log was written: checking whether they belong together")
        do {
            let isWhole = try connection.text("PRAGMA integrity_check(1)") == "ok"
            guard isWhole, try Consistency.fault(in: connection) == nil else { throw refusal(path) }
        } catch StoreError.lost {
            throw refusal(path)
        }
    }

    /// Whether a file with a log is not as the last writer left it. It is written to only when its log is copied back,
    /// and how it stood after that was noted; so a program that is not ours has changed it, or there was a crash in
    /// between. Then the pages must tell.
    static func isSuspected(_ path: String, lock: WriterLock?) -> Bool {
        guard hasLog(path), let kept = lock?.kept, let stamp = FileStamp(path: path) else { return false }
        return kept != stamp
    }

    private static func hasLog(_ path: String) -> Bool { (FileStamp(path: path + "-wal")?.size ?? 0) > 0 }

    static func refusal(_ path: String) -> StoreError {
        .unusable(
            "\(path) and \(path)-wal do not belong together: if \(path) was restored from a backup, remove"
                + " \(path)-wal and \(path)-shm; else restore a backup")
    }
}
