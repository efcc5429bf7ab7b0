// A compiled statement with just the calls this store makes. Columns count from 0 and parameters from 1, as in SQLite.
// Bytes bound with `withBytes` are not copied: they must stay in place until the step.
import CSQLite
import OffstageCore

/// One compiled statement.
final class Statement {
    let raw: OpaquePointer
    private let connection: OpaquePointer

    /// Takes ownership of the statement and finalizes it on deinit. It must not outlive its connection.
    init(_ raw: OpaquePointer, on connection: OpaquePointer) {
        self.raw = raw
        self.connection = connection
    }

    deinit { sqlite3_finalize(raw) }

    // MARK: Parameters

    @inline(__always) func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(raw, index, value) }
    @inline(__always) func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(raw, index, Int64(value)) }
    @inline(__always) func bind(_ index: Int32, _ value: Timestamp) { bind(index, value.microseconds) }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
    }

    func bind(_ index: Int32, _ value: Double?) {
        if let value { sqlite3_bind_double(raw, index, value) } else { sqlite3_bind_null(raw, index) }
    }

    func bind(_ index: Int32, _ value: String?) {
        guard var value else {
            sqlite3_bind_null(raw, index)
            return
        }
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                _ = offstage_bind_text_transient(raw, index, $0.baseAddress ?? Self.empty, Int32($0.count))
            }
        }
    }

    func bind(_ index: Int32, _ value: [UInt8]?) {
        guard let value else {
            sqlite3_bind_null(raw, index)
            return
        }
        value.withUnsafeBytes {
            if $0.count == 0 {
                sqlite3_bind_zeroblob(raw, index, 0)
            } else {
                _ = offstage_bind_blob_transient(raw, index, $0.baseAddress, Int32($0.count))
            }
        }
    }

    func bind(_ index: Int32, _ id: JobID) {
        var bytes = (id.high.bigEndian, id.low.bigEndian)
        withUnsafeBytes(of: &bytes) { _ = offstage_bind_blob_transient(raw, index, $0.baseAddress, 16) }
    }

    func bind(_ index: Int32, _ id: JobID?) {
        if let id { bind(index, id) } else { sqlite3_bind_null(raw, index) }
    }

    private static var empty: UnsafePointer<CChar> { UnsafePointer(bitPattern: 1).unsafelyUnwrapped }

    // MARK: Running

    /// Advances to the next row. Returns false at the end, with the statement reset.
    @inline(__always)
    func step() throws -> Bool {
        let code = sqlite3_step(raw)
        if code == SQLITE_ROW { return true }
        sqlite3_reset(raw)
        if code == SQLITE_DONE { return false }
        throw Self.error(code, on: connection)
    }

    /// Runs a statement that returns no row.
    @inline(__always)
    func run() throws {
        let code = sqlite3_step(raw)
        sqlite3_reset(raw)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw Self.error(code, on: connection) }
    }

    /// Skips the rows that were not read.
    @inline(__always) func reset() { sqlite3_reset(raw) }

    // MARK: Columns

    @inline(__always) func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }
    @inline(__always) func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(raw, column)) }
    @inline(__always) func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }
    func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }
    func optionalTimestamp(_ column: Int32) -> Timestamp? { optionalInt64(column).map { Timestamp(microseconds: $0) } }
    func double(_ column: Int32) -> Double { sqlite3_column_double(raw, column) }

    func text(_ column: Int32) -> String {
        guard let pointer = sqlite3_column_text(raw, column) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(raw, column))), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let pointer = sqlite3_column_blob(raw, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(raw, column))))
    }

    func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

    func id(_ column: Int32) -> JobID {
        guard let pointer = sqlite3_column_blob(raw, column), sqlite3_column_bytes(raw, column) == 16 else {
            return JobID(high: 0, low: 0)
        }
        let raw = UnsafeRawPointer(pointer)
        return JobID(
            high: UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    func optionalID(_ column: Int32) -> JobID? { isNull(column) ? nil : id(column) }

    // MARK: Errors

    /// Translates an SQLite result code into the store's error.
    static func error(_ code: Int32, on connection: OpaquePointer) -> StoreError {
        let text = String(cString: sqlite3_errmsg(connection))
        switch code & 0xFF {
        case SQLITE_IOERR where isGone(connection), SQLITE_CANTOPEN where isGone(connection),
            SQLITE_READONLY where isGone(connection):
            return OpenFiles.lost(name(connection))
        case SQLITE_FULL: return .full("no room for the store's file: \(text)")
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy("another program holds the file: \(text)")
        case SQLITE_NOTADB: return .lost("\(name(connection)) is not a usable SQLite database: \(text)")
        case SQLITE_CORRUPT, SQLITE_CONSTRAINT, SQLITE_MISMATCH:
            // No statement of ours violates a constraint of an intact file.
            return damaged(text, on: connection)
        case SQLITE_IOERR where damage.contains(code):
            return damaged(text, on: connection)
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH:
            return .unusable("the file cannot be written: \(text)")
        default: return .failed("SQLite says \(text) (code \(code))")
        }
    }

    /// The error for a file that contradicts itself.
    static func damaged(_ what: String, on connection: OpaquePointer) -> StoreError {
        .lost("\(name(connection)) is damaged: \(what); restore a backup")
    }

    // I/O errors by which the system reports that it did not return what was written: short read, checksum, damaged
    // file system.
    private static let damage: [Int32] = [2, 32, 33].map { SQLITE_IOERR | $0 << 8 }

    /// Whether the path names no file, or another one than the connection has open.
    private static func isGone(_ connection: OpaquePointer) -> Bool {
        let name = name(connection)
        return name.hasPrefix("/") && (FileStamp(path: name) == nil || offstage_has_moved(connection) != 0)
    }

    private static func name(_ connection: OpaquePointer) -> String {
        let name = sqlite3_db_filename(connection, "main").map { String(cString: $0) } ?? ""
        return name.isEmpty ? "the file" : name
    }
}
