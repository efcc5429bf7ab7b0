// One SQLite connection, set up the one way this store uses the library: WAL, FULL synchronisation for the writer, no
// checkpoint but our own, no memory map. A connection belongs to one thread and is not Sendable.
import CSQLite
import OffstageCore

/// One connection to the store's file, used by one thread only.
final class Connection {
    let handle: OpaquePointer
    private let isOwned: Bool

    enum Role { case writer, reader }

    init(path: String, role: Role) throws {
        var opened: OpaquePointer?
        let flags =
            role == .writer
            ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
            : SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let text = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw StoreError.unusable("\(path) cannot be opened: \(text)")
        }
        handle = opened
        isOwned = true
        sqlite3_busy_timeout(handle, 5000)
        _ = offstage_no_checkpoint_on_close(handle)
        for pragma in [
            "wal_autocheckpoint=0", "mmap_size=0", "temp_store=MEMORY", "cache_size=-65536",
            role == .writer ? "synchronous=FULL" : "query_only=1",
        ] {
            try execute("PRAGMA " + pragma)
        }
    }

    /// Uses a connection that somebody else opened and will close.
    init(borrowing handle: OpaquePointer) throws {
        self.handle = handle
        isOwned = false
        _ = offstage_no_checkpoint_on_close(handle)
        try execute("PRAGMA wal_autocheckpoint=0")
        try execute("PRAGMA synchronous=FULL")
    }

    deinit {
        guard isOwned else { return }
        // Closed for good when the last statement is gone (close_v2).
        sqlite3_close_v2(handle)
    }

    /// Compiles a statement that is used again and again.
    func prepare(_ sql: String) throws -> Statement {
        var raw: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil)
        guard code == SQLITE_OK, let raw else { throw error(code) }
        return Statement(raw, on: handle)
    }

    func execute(_ sql: String) throws {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The first column of the first row, as an integer.
    func integer(_ sql: String) throws -> Int64 {
        let statement = try prepareOnce(sql)
        return try statement.step() ? statement.int64(0) : 0
    }

    /// The first column of the first row, as text.
    func text(_ sql: String) throws -> String {
        let statement = try prepareOnce(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    /// Compiles a statement that is used once.
    func prepareOnce(_ sql: String) throws -> Statement {
        var raw: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &raw, nil)
        guard code == SQLITE_OK, let raw else { throw error(code) }
        return Statement(raw, on: handle)
    }

    func error(_ code: Int32) -> StoreError { Statement.error(code, on: handle) }

    var changes: Int { Int(sqlite3_changes(handle)) }
    var lastRowID: Int64 { sqlite3_last_insert_rowid(handle) }
}
