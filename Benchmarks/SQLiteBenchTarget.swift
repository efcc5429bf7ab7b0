// Fresh SQLite stores in a folder beside the given path, so that they are on the same disk. The folder is removed with
// all its contents.
import CSQLite
import Foundation
public import OffstageCore
import OffstageSQLite

/// Makes fresh SQLite stores to measure.
public struct SQLiteBenchTarget: BenchTarget {
    private let folder: String

    /// Creates a folder for the stores beside `path`.
    public init(beside path: String) throws {
        let parent = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        folder = "\(parent.isEmpty ? "/" : parent)/offstage-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Returns the address of a store.
    public func location(_ name: String) -> String { "sqlite:\(path(name))" }

    private func path(_ name: String) -> String { "\(folder)/\(name).db" }

    /// Opens a new store of this name.
    public func open(_ name: String, keep: Int) async throws -> any Store {
        var options = StoreOptions()
        options.retention.completedCount = keep
        options.log = SilentLog()
        return try await SQLiteStore.open(path(name), options: options)
    }

    /// Returns the size of the store's pages in bytes, whether they are in the file or still in the WAL. The store must
    /// be closed.
    public func bytes(_ name: String) -> Int? {
        var opened: OpaquePointer?
        defer { sqlite3_close_v2(opened) }
        guard sqlite3_open_v2(path(name), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK
        else {
            return nil
        }
        var pages: OpaquePointer?
        defer { sqlite3_finalize(pages) }
        guard
            sqlite3_prepare_v2(
                opened, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", -1, &pages, nil)
                == SQLITE_OK,
            sqlite3_step(pages) == SQLITE_ROW
        else { return nil }
        return Int(sqlite3_column_int64(pages, 0))
    }

    /// Returns nil: there is no server.
    public func usage() -> ServerUsage? { nil }

    /// Runs the bare loop on a fresh file.
    public func raw(jobs: Int, arguments: [UInt8], keep: Int) throws -> (enqueue: Double, drain: Double)? {
        let path = path("raw")
        remove("raw")
        defer { remove("raw") }
        let loop = try RawLoop(path: path)
        let watch = StopWatch()
        try loop.enqueue(jobs, arguments: arguments, ids: JobIDSource())
        let enqueue = watch.lap()
        try loop.drain(jobs, keep: keep)
        return (Double(jobs) / enqueue, Double(jobs) / watch.lap())
    }

    /// Commits to a database and wakes through a page beside it.
    public func sendBare(_ name: String, count: Int) async throws {
        let path = path(name)
        try await onOwnThread {
            try OffstageBench.sendBare(
                database: path, page: Self.barePage(path), count: count, arguments: [UInt8](repeating: 120, count: 64))
        }
    }

    /// The page for bare messages beside a database.
    public static func barePage(_ path: String) -> String { "\(path)-wake" }

    /// Removes a store's files.
    public func remove(_ name: String) {
        let path = path(name)
        for suffix in ["", "-wal", "-shm", "-lock", "-wake"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    /// Removes the folder.
    public func cleanUp() { try? FileManager.default.removeItem(atPath: folder) }
}

/// Measures seconds on the monotonic clock.
final class StopWatch {
    private let time = SystemTime()
    private var start: Int64

    init() { start = SystemTime().monotonicMicroseconds() }

    /// Returns the seconds since the last lap, and starts the next one.
    func lap() -> Double {
        let now = time.monotonicMicroseconds()
        defer { start = now }
        return max(1, Double(now - start)) / 1_000_000
    }
}
