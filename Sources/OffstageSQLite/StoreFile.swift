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
        return try oneName(of: path, in: place, exists: exists)
    }

    /// The one name of a file that may have several: SQLite follows links, and two names for the lock beside the file
    /// would be two locks for one log.
    private static func oneName(of path: String, in folder: String, exists: Bool) throws -> String {
        func resolve(_ path: String) throws -> String {
            guard let resolved = realpath(path, nil) else {
                throw StoreError.unusable("\(path) cannot be resolved: \(String(cString: strerror(errno)))")
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        // It may have been made by another process this moment; then it is as good as one that was there.
        var status = stat()
        let isThere = lstat(path, &status) == 0
        if exists || isThere && status.st_mode & S_IFMT == S_IFREG { return try resolve(path) }
        guard !isThere else {
            throw StoreError.unusable("\(path) is a link to a file that is not there")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return try resolve(folder) + "/" + name
    }

    /// Opens the writing connection and makes or checks the layout.
    static func openForWriting(
        _ path: String, lock: WriterLock, options: StoreOptions, steps: SchemaSteps = .shipped
    ) throws -> Connection {
        try lock.lock(orGiveUp: path, options)
        defer { lock.unlock() }
        let (connection, version) = try connect(path)
        if version == 0 {
            try make(connection)
        } else if version > steps.latest {
            throw StoreError.newerSchema(found: version, known: steps.latest, location: path)
        } else if version < steps.latest {
            throw StoreError.olderSchema(found: version, known: steps.latest, location: path)
        }
        // A copy made by VACUUM INTO, for one, is in another mode.
        try useWAL(connection)
        return connection
    }

    /// Makes the layout, or brings an older one up to date; answers the schemas before and after, 0 for none.
    static func migrate(
        _ path: String, lock: WriterLock, steps: SchemaSteps = .shipped
    ) throws -> (from: Int, to: Int) {
        try lock.lock()
        defer { lock.unlock() }
        let (connection, version) = try connect(path)
        guard version <= steps.latest else {
            throw StoreError.newerSchema(found: version, known: steps.latest, location: path)
        }
        if version == 0 { try make(connection) }
        for next in (version == 0 ? SchemaSteps.shipped.latest : version)..<steps.latest {
            guard let sql = steps.sql[next] else {
                throw StoreError.unusable("\(path) has schema \(next), from which this program knows no way on")
            }
            do {
                try connection.execute("BEGIN IMMEDIATE;\n\(sql)\nPRAGMA user_version=\(next + 1);COMMIT")
            } catch {
                try? connection.execute("ROLLBACK")
                throw error
            }
        }
        return (version, steps.latest)
    }

    /// Opens the file and looks what it is; SQLite's own complaints do not name it.
    private static func connect(_ path: String) throws -> (Connection, version: Int) {
        do {
            let connection = try Connection(path: path, role: .writer)
            return (connection, try layout(of: connection, at: path))
        } catch StoreError.unusable(let text) {
            throw StoreError.unusable(text.contains(path) ? text : "\(path): \(text)")
        }
    }

    /// The schema of a file: 0 for an empty one; throws if it is somebody else's.
    private static func layout(of connection: Connection, at path: String) throws -> Int {
        let version = Int(try connection.integer("PRAGMA user_version"))
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_master") == 0
        if isEmpty, version == 0 { return 0 }
        guard try connection.integer("PRAGMA application_id") == applicationID, version > 0 else {
            throw StoreError.unusable("\(path) is an SQLite file, but not an Offstage store")
        }
        return version
    }

    private static func useWAL(_ connection: Connection) throws {
        guard try connection.text("PRAGMA journal_mode=WAL") == "wal" else {
            throw StoreError.unusable("the file cannot be put into WAL mode")
        }
    }

    private static func make(_ connection: Connection) throws {
        try useWAL(connection)
        let version = SchemaSteps.shipped.latest
        try connection.execute(
            """
            BEGIN IMMEDIATE;
            \(SQLiteSchema.latest)
            PRAGMA application_id=\(applicationID);PRAGMA user_version=\(version);COMMIT
            """)
    }
}

/// The layouts there have been, and how one becomes the next.
struct SchemaSteps {
    /// The layout this program works with.
    var latest: Int
    /// Statements that lead from a layout to the next, by the number they lead from.
    var sql: [Int: String]

    static let shipped = SchemaSteps(latest: 3, sql: [1: SQLiteSchema.second, 2: SQLiteSchema.third])
}

/// The store's layout, for the benchmark that measures a bare loop over it. A new file takes all steps from the first
/// layout on, so it is the same as one that was migrated.
package enum SQLiteSchema {
    /// The statements that make an empty store.
    package static var latest: String { first + second + third }
    /// The first layout there was.
    static var first: String { String(decoding: PackageResources.v1_sql, as: UTF8.self) }
    /// The way from there to the second.
    static var second: String { String(decoding: PackageResources.v2_sql, as: UTF8.self) }
    /// The way from there to the third.
    static var third: String { String(decoding: PackageResources.v3_sql, as: UTF8.self) }
}
