// Opening the file: what it must be, and what is said when it is something else. A store is told from any other
// SQLite file by its application id, and its layout by the user version.
import CSystem
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum StoreFile {
    /// The layout this program knows.
    static let schema = 1
    /// "OffS" in ASCII.
    static let applicationID: Int64 = 0x4F66_6653

    /// Checks what stands at a path, and answers the path that all processes shall use for it.
    static func check(_ path: String) throws -> String {
        var status = stat()
        let exists = stat(path, &status) == 0
        if !exists, errno != ENOENT {
            throw StoreError.unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        if exists, status.st_mode & S_IFMT != S_IFREG { throw StoreError.unusable("\(path) is not a file") }
        if exists, access(path, R_OK | W_OK) != 0 {
            throw StoreError.unusable("\(path) cannot be read and written: \(String(cString: strerror(errno)))")
        }
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let place = folder.isEmpty ? "/" : folder
        guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError.unusable("\(path) cannot be made: there is no folder \(place)")
        }
        if let kind = offstage_network_file_system(place) {
            throw StoreError.unusable(
                "\(path) lies on a network file system (\(String(cString: kind))), "
                    + "where SQLite is not safe: use a local disk"
            )
        }
        return path
    }

    /// Opens the writing connection and makes or checks the layout.
    static func openForWriting(_ path: String, lock: WriterLock) throws -> Connection {
        try lock.lock()
        defer { lock.unlock() }
        let connection = try Connection(path: path, role: .writer)
        let version = Int(try connection.integer("PRAGMA user_version"))
        let application = try connection.integer("PRAGMA application_id")
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_master") == 0
        if isEmpty, version == 0 {
            try make(connection)
        } else if application != applicationID {
            throw StoreError.unusable("\(path) is an SQLite file, but not an Offstage store")
        } else if version > schema {
            throw StoreError.newerSchema(found: version, known: schema, location: path)
        } else if version < schema {
            throw StoreError.olderSchema(found: version, known: schema, location: path)
        }
        return connection
    }

    private static func make(_ connection: Connection) throws {
        guard try connection.text("PRAGMA journal_mode=WAL") == "wal" else {
            throw StoreError.unusable("the file cannot be put into WAL mode")
        }
        let sql = SQLiteSchema.latest
        try connection.execute(
            "BEGIN IMMEDIATE;\n\(sql)\nPRAGMA application_id=\(applicationID);PRAGMA user_version=\(schema);COMMIT")
    }
}

/// The store's layout, for the benchmark that measures a bare loop over it.
package enum SQLiteSchema {
    /// The statements that make an empty store.
    package static var latest: String { String(decoding: PackageResources.v1_sql, as: UTF8.self) }
}
