// One SQLite connection, configured the one way this store uses the library: WAL mode, synchronous=FULL for the writer,
// no checkpoints but our own, no memory map. A connection belongs to one thread and is not Sendable.
import CSQLite
import OffstageCore

/// One connection to the store's file, used by one thread only.
final class Connection {
    let handle: OpaquePointer
    /// Whether the connection reads the file as immutable.
    let isOfUnchanging: Bool
    private let isOwned: Bool

    enum Role {
        case writer, reader
        /// Reads an immutable file, without locks and without the files beside it.
        case readerOfUnchanging
    }

    /// The size in bytes that the WAL keeps after a checkpoint. If a reader let it grow beyond that, the rest is
    /// truncated.
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

    /// Uses a connection that the caller has opened and will close.
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
        // close_v2 closes the connection once its last statement is finalized.
        sqlite3_close_v2(handle)
    }

    // On close, only the last process that closes the store in order empties the WAL. It is never deleted: SQLite would
    // delete it by name, and by then another store's WAL may have that name.
    private func keepLog() {
        _ = offstage_checkpoint_on_close(handle, 0)
        var on: Int32 = 1
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on)
    }

    /// Makes the file grow by more than one page at a time.
    func growsInChunks() {
        var bytes: Int32 = 256 << 10
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_CHUNK_SIZE, &bytes)
    }

    /// Lets closing this connection checkpoint the WAL, if no other connection in any process is open.
    func copiesLogBackWhenClosed() { _ = offstage_checkpoint_on_close(handle, 1) }

    /// Whether the path no longer names the file that is open.
    var hasMoved: Bool { offstage_has_moved(handle) != 0 }

    /// Whether the connection has the file at `path` open.
    func isOpen(on path: String) -> Bool {
        guard let name = sqlite3_db_filename(handle, "main"), !hasMoved,
            let own = FileStamp(path: String(cString: name)),
            let other = FileStamp(path: path)
        else { return false }
        return own.isSameFile(as: other)
    }

    /// Whether the header of the file itself, without its WAL, states WAL mode. The header of a new file does not, nor
    /// does that of a copy that SQLite made.
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

    /// Compiles a statement that is used repeatedly.
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

    /// Runs a query and returns the first column of its first row as an integer; 0 without a row.
    func integer(_ sql: String) throws -> Int64 {
        let statement = try prepareOnce(sql)
        return try statement.step() ? statement.int64(0) : 0
    }

    /// Runs a query and returns the first column of its first row as text; "" without a row.
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
