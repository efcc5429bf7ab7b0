// Opens the file: checks what it is, and words the error if it is something else. A store differs from other SQLite
// files by its application id. The user version is its schema version.
import CSystem
import OffstageCore
import OffstageSystem

enum StoreFile {
    /// "OffS" in ASCII.
    static let applicationID: Int64 = 0x4F66_6653

    /// Checks the file at a path and returns the path that all processes use for it. Throws StoreError.unusable with
    /// the reason if it cannot be a store, or if it must exist and does not.
    static func check(_ path: String, for access: StoreAccess = .make) throws -> String {
        guard path != ":memory:", !path.hasPrefix("file:"), !path.isEmpty else {
            throw StoreError.unusable(
                "'\(path)' is not the path of a file; name a file, or use memory: for a store in memory")
        }
        var status = stat()
        let exists = stat(path, &status) == 0
        if !exists, errno != ENOENT {
            throw StoreError.unusable("\(path) cannot be opened: \(LibC.reason(errno))")
        }
        if exists { try checkFile(path, status, for: access) }
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let place = folder.isEmpty ? "/" : folder
        guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError.unusable("\(path) cannot be opened: there is no folder \(place)")
        }
        if let kind = offstage_network_file_system(place) {
            throw StoreError.unusable(
                "\(path) lies on a network file system (\(String(cString: kind))), "
                    + "where SQLite is not safe: use a local disk"
            )
        }
        guard exists || access == .make else { throw noStore(path) }
        let name = try oneName(of: path, in: place, exists: exists)
        if exists { try checkMount(of: name) }
        return name
    }

    private static func checkFile(_ path: String, _ status: stat, for access: StoreAccess) throws {
        if status.st_mode & S_IFMT != S_IFREG { throw StoreError.unusable("\(path) is not a file") }
        let (rights, verb) = access == .look ? (R_OK, "read") : (R_OK | W_OK, "read and written")
        if Self.access(path, rights) != 0 {
            throw StoreError.unusable("\(path) cannot be \(verb): \(LibC.reason(errno))")
        }
        // Each name would have its own WAL and its own lock for the same file.
        guard status.st_nlink <= 1 else {
            throw StoreError.unusable(
                "\(path) has \(status.st_nlink) names (hard links), and would be damaged when it is used under two of"
                    + " them: remove the others, or make a copy of it")
        }
    }

    /// Refuses a file that is itself a mount point. The folder that it appears in is not the one that it lies in, so
    /// its other name has another WAL and another lock beside it.
    private static func checkMount(of path: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let own = offstage_mount_id(path)
        let around = offstage_mount_id(folder.isEmpty ? "/" : folder)
        guard own == around || own == 0 || around == 0 else {
            throw StoreError.unusable(
                "\(path) is mounted by itself (a bind mount of the file), and would be damaged when it is used under"
                    + " its other name: mount its folder instead")
        }
    }

    private static func access(_ path: String, _ rights: Int32) -> Int32 {
        LibC.access(path, rights)
    }

    private static func noStore(_ path: String) -> StoreError {
        .unusable("no store at \(path) (offstage migrate makes one)")
    }

    /// Returns the canonical name of a file that may have several. SQLite follows links, and two names for the lock
    /// file would be two locks for one WAL.
    private static func oneName(of path: String, in folder: String, exists: Bool) throws -> String {
        func resolve(_ path: String) throws -> String {
            guard let resolved = realpath(path, nil) else {
                throw StoreError.unusable("\(path) cannot be resolved: \(LibC.reason(errno))")
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        // Another process may have made the file just now; then it is treated like one that was there before.
        var status = stat()
        let isThere = lstat(path, &status) == 0
        if exists || isThere && status.st_mode & S_IFMT == S_IFREG { return try resolve(path) }
        guard !isThere else {
            throw StoreError.unusable("\(path) is a link to a file that is not there")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return try resolve(folder) + "/" + name
    }

    /// Opens the writing connection. Makes the schema or checks it.
    static func openForWriting(
        _ path: String, lock: WriterLock, access: StoreAccess = .make, options: StoreOptions,
        steps: SchemaSteps = .shipped
    ) throws -> Connection {
        try lock.lock(orGiveUp: path, options)
        defer { lock.unlock() }
        let (connection, version) = try connect(path, .writer, lock: lock, options)
        if version == 0 {
            guard access == .make else { throw noStore(path) }
            try make(connection)
        } else {
            try check(version, of: path, steps)
        }
        // The file may be in another mode, for example if it is a copy made by VACUUM INTO.
        try useWAL(connection)
        return connection
    }

    /// Opens a connection for reading a store. It works without permission to write, too.
    static func openForLooking(_ path: String, lock: WriterLock?, options: StoreOptions) throws -> Connection {
        func open(_ role: Connection.Role) throws -> Connection {
            let (connection, version) = try connect(path, role, lock: lock, options)
            guard version > 0 else { throw noStore(path) }
            try check(version, of: path, .shipped)
            return connection
        }
        do {
            return try open(.reader)
        } catch StoreError.unusable(let text) {
            guard !isWritable(path) else { throw StoreError.unusable(text) }
        } catch StoreError.failed(let text) {
            // On a full disk the WAL's index cannot be created.
            guard logIsEmpty(path) else { throw StoreError.failed(text) }
        }
        // SQLite needs to write beside a file even to read it. Where it cannot, a file without a WAL can be read as
        // immutable.
        guard logIsEmpty(path) else {
            throw StoreError.unusable(
                "\(path) cannot be looked at: \(path)-wal must be read with it, for which its folder must be writable")
        }
        return try open(.readerOfUnchanging)
    }

    private static func logIsEmpty(_ path: String) -> Bool { (FileStamp(path: path + "-wal")?.size ?? 0) == 0 }

    private static func isWritable(_ path: String) -> Bool {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        return access(path, W_OK) == 0 && access(folder.isEmpty ? "/" : folder, W_OK) == 0
    }

    private static func check(_ version: Int, of path: String, _ steps: SchemaSteps) throws {
        if version > steps.latest {
            throw StoreError.newerSchema(found: version, known: steps.latest, location: path)
        } else if version < steps.latest {
            throw StoreError.olderSchema(found: version, known: steps.latest, location: path)
        }
    }

    /// Makes the schema, or migrates an older one. Returns the schema versions before and after; 0 for none.
    static func migrate(
        _ path: String, lock: WriterLock, options: StoreOptions = StoreOptions(), steps: SchemaSteps = .shipped
    ) throws -> (from: Int, to: Int) {
        try lock.lock(orGiveUp: path, options)
        defer { lock.unlock() }
        let (connection, version) = try connect(path, .writer, lock: lock, options)
        connection.copiesLogBackWhenClosed()
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

    /// Opens the file and reads its schema version. Adds the file's name to SQLite's errors, which lack it.
    private static func connect(
        _ path: String, _ role: Connection.Role, lock: WriterLock?, _ options: StoreOptions
    ) throws -> (Connection, version: Int) {
        do {
            let connection = try Connection(path: path, role: role, patience: options.patience)
            try StaleLog.check(path, connection, lock: lock, options)
            return (connection, try layout(of: connection, at: path))
        } catch StoreError.unusable(let text) {
            throw StoreError.unusable(text.contains(path) ? text : "\(path): \(text)")
        } catch StoreError.lost(let text) {
            if StaleLog.isSuspected(path, lock: lock) { throw StaleLog.refusal(path) }
            throw StoreError.unusable(text.contains(path) ? text : "\(path): \(text)")
        }
    }

    /// Returns the schema version of a file, 0 for an empty one. Throws if the file belongs to another program.
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

/// The schema versions, and the steps from each to the next.
struct SchemaSteps {
    /// The version that this program works with.
    var latest: Int
    /// The statements that lead from a version to the next, by the number of the version they start from.
    var sql: [Int: String]

    static let shipped = SchemaSteps(latest: 3, sql: [1: SQLiteSchema.second, 2: SQLiteSchema.third])
}

/// The store's schema, also for the benchmark that measures a bare loop over it. A new file takes all steps from the
/// first version on, so it is the same as a migrated one.
package enum SQLiteSchema {
    /// The statements that make an empty store.
    package static var latest: String { first + second + third }
    /// The first version.
    static var first: String { String(decoding: PackageResources.v1_sql, as: UTF8.self) }
    /// The step from the first version to the second.
    static var second: String { String(decoding: PackageResources.v2_sql, as: UTF8.self) }
    /// The step from the second version to the third.
    static var third: String { String(decoding: PackageResources.v3_sql, as: UTF8.self) }
}
