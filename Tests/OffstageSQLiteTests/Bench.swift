// What the tests of this folder share: a store with short waits, a plain job by number, a reader of the log file, and
// SQLite without the store.
import CSQLite
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses

/// Opens a store with little patience.
func openStore(
    _ path: String, lease: Duration = .seconds(20), patience: Duration = .seconds(10),
    time: any TimeSource = SystemTime(), log: any Log = SilentLog()
) async throws -> SQLiteStore {
    var options = StoreOptions()
    options.lease = lease
    options.patience = patience
    options.time = time
    options.log = log
    return try await SQLiteStore.open(path, options: options)
}

/// A numbered job that does nothing.
func plain(_ number: Int, bytes: Int = 0) -> NewJob {
    var job = TortureJobs.job(number, kind: .plain)
    if bytes > 0 { job.arguments = [UInt8](repeating: UInt8(ascii: "1"), count: bytes) }
    return job
}

extension SQLiteStore {
    /// The number of jobs that wait.
    func waiting() async throws -> Int { try await counts().total(.available) }

    /// Reserves jobs of type `plain`.
    func take(_ limit: Int = 1, worker: UInt64 = 1, firstCounter: UInt64 = 1) async throws -> [ReservedJob] {
        try await reserve(
            ReserveRequest(
                worker: WorkerID(bits: worker), selection: WorkSelection(queues: nil, types: ["plain"]), limit: limit,
                startNow: limit, holding: 0, firstCounter: firstCounter)
        ).jobs
    }
}

/// Runs statements on a file with plain SQLite.
func runSQL(_ path: String, _ sql: String) throws {
    var connection: OpaquePointer?
    let opened = sqlite3_open(path, &connection)
    defer { sqlite3_close(connection) }
    guard opened == SQLITE_OK, sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
        throw StoreError.failed(String(cString: sqlite3_errmsg(connection)))
    }
}

/// Returns the error that a call throws. Fails if it throws none or another.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// SQLite's log file, read from the disk.
enum WriteAheadLog {
    /// Its size in bytes; 0 if there is none.
    static func size(_ store: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: store + "-wal")
        return (attributes?[.size] as? Int) ?? 0
    }

    /// The number of transactions in it. A frame whose header contains the size of the database is the last of a
    /// transaction.
    static func commits(_ store: String) throws -> Int {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: store + "-wal")))
        func word(_ at: Int) -> UInt32 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        guard bytes.count > 32 else { return 0 }
        let page = Int(word(8))
        let salt = word(16)
        let frames = stride(from: 32, through: bytes.count - 24 - page, by: 24 + page)
        return frames.count { word($0 + 8) == salt && word($0 + 4) != 0 }
    }
}
