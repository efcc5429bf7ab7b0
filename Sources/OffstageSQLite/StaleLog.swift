// Detects a WAL that does not belong to the file beside it: a backup was put in the place of a store that had not been
// closed in order. SQLite would copy the old WAL's pages into the restored file and ruin it.
import OffstageCore

enum StaleLog {
    /// Throws StoreError.unusable if the WAL beside a file is not the file's own.
    static func check(_ path: String, _ connection: Connection, lock: WriterLock?, _ options: StoreOptions) throws {
        guard hasLog(path), (FileStamp(path: path)?.size ?? 0) > 0 else { return }
        // The header states WAL mode before there is a WAL. A copy that SQLite made states another mode.
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

    /// Whether a file with a WAL differs from what the last writer left. The file is written only by a checkpoint, and
    /// its stamp after that was kept. So either a program that is not ours has changed it, or there was a crash in
    /// between. Only the pages can tell which.
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
