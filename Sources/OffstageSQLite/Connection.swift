// One SQLite connection, set up the one way this store uses the library: WAL, FULL synchronisation for the writer, no
// checkpoint but our own, no memory map. A connection belongs to one thread and is not Sendable.
import CSQLite
import OffstageCore

/// One connection to the store's file, used by one thread only.
final class Connection {
    let handle: OpaquePointer
    /// Whether it reads the file as one that cannot change.
    let isOfUnchanging: Bool
    private let isOwned: Bool

    enum Role {
        case writer, reader
        /// Reads a file that cannot change, without locks and without the files beside it.
        case readerOfUnchanging
    }

    /// How many bytes a log keeps after it was copied back; more, if a reader let it grow, is given back.
    static let logLimit: Int64 = 64 << 20

    init(path: String, role: Role, patience: Duration = .seconds(10)) throws {
        var opened: OpaquePointer?
        let flags =
            switch role {
            case .writer: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .reader: SQLITE_OPEN_READWRITE
            case .readerOfUnchanging: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        let name = role == .readerOfUnchanging ? Self.unchangingURI(path) : path
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let text = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw StoreError.unusable("\(path) cannot be opened: \(text)")
        }
        handle = opened
        isOwned = true
        isOfUnchanging = role == .readerOfUnchanging
        sqlite3_busy_timeout(handle, Int32(clamping: patience.microseconds / 1000))
        keepLog()
        for pragma in [
            "wal_autocheckpoint=0", "mmap_size=0", "temp_store=MEMORY", "cache_size=-65536",
            "journal_size_limit=\(Self.logLimit)",
            role == .writer ? "synchronous=FULL" : "query_only=1",
        ] {
            try execute("PRAGMA " + pragma)
        }
    }

    /// Uses a connection that somebody else opened and will close.
    init(borrowing handle: OpaquePointer) throws {
        self.handle = handle
        isOwned = false
        isOfUnchanging = false
        keepLog()
        try execute("PRAGMA wal_autocheckpoint=0")
        try execute("PRAGMA journal_size_limit=\(Self.logLimit)")
        try execute("PRAGMA synchronous=FULL")
    }

    deinit {
        guard isOwned else { return }
        // Closed for good when the last statement is gone (close_v2).
        sqlite3_close_v2(handle)
    }

    // The log is emptied by the last one who closes it in order, and by nobody else. It is never deleted: SQLite would
    // do that by its name, under which another store's log may stand by then.
    private func keepLog() {
        _ = offstage_checkpoint_on_close(handle, 0)
        var on: Int32 = 1
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on)
    }

    /// Makes the file grow by more than a page at a time.
    func growsInChunks() {
        var bytes: Int32 = 256 << 10
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_CHUNK_SIZE, &bytes)
    }

    /// Lets the closing of the connection copy the log back, if no other connection of any process is left.
    func copiesLogBackWhenClosed() { _ = offstage_checkpoint_on_close(handle, 1) }

    /// Whether the path names another file by now than the one that is open.
    var hasMoved: Bool { offstage_has_moved(handle) != 0 }

    /// Whether it is open on the file that a path names.
    func isOpen(on path: String) -> Bool {
        guard let name = sqlite3_db_filename(handle, "main"), !hasMoved,
            let own = FileStamp(path: String(cString: name)),
            let other = FileStamp(path: path)
        else { return false }
        return own.isSameFile(as: other)
    }

    /// Whether the file itself, without its log, says that it has one: a new file does not, and neither does a copy
    /// that SQLite made.
    var saysWAL: Bool {
        var header = [UInt8](repeating: 0, count: 20)
        return offstage_read_header(handle, &header, 20) == SQLITE_OK && header[18] == 2 && header[19] == 2
    }

    private static func unchangingURI(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            let isPlain = byte == 0x2F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            let hex = String(byte, radix: 16)
            uri += isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
        }
        return uri + "?immutable=1"
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
