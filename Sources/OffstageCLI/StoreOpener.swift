// The composition root: the only place in the command line that names concrete stores. Commands ask for a store and get
// the seam. So can any program that has a store's address and does not care which kind it is.
public import OffstageCore
import OffstageMemory
import OffstageRedis
import OffstageSQLite

/// Opens the store at an address.
public enum StoreOpener {
    /// Opens the store at an address. Throws the store's error if it cannot be opened.
    public static func open(
        _ url: StoreURL, for access: StoreAccess = .make, options: StoreOptions = StoreOptions()
    ) async throws -> any Store {
        switch url.location {
        case .memory: MemoryStore(options: options)
        case .sqlite(let path): try await SQLiteStore.open(file(path, url), for: access, options: options)
        case .redis(let redis):
            try await quietly(options) { try await RedisStore.open(redis.url, options: $0) }
        }
    }

    /// Upgrades the store at an address. Returns its schema before and after, 0 for none.
    static func migrate(_ url: StoreURL, options: StoreOptions) async throws -> (from: Int, to: Int) {
        switch url.location {
        case .memory: throw UsageError("a store in memory has no schema to migrate")
        case .sqlite(let path): try await SQLiteStore.migrate(file(path, url), options: options)
        case .redis(let redis):
            try await quietly(options) { try await RedisStore.migrate(redis.url, options: $0) }
        }
    }

    /// Copies the store at an address into a new file. Returns the number of jobs and bytes in the copy.
    static func backUp(
        _ url: StoreURL, to file: String, options: StoreOptions
    ) async throws -> (jobs: Int, bytes: Int) {
        guard case .sqlite(let path) = url.location else {
            throw UsageError("backup copies sqlite: stores; a Redis server has BGSAVE and its append-only file")
        }
        let report: BackupReport = try await SQLiteStore.backUp(Self.file(path, url), to: file, options: options)
        return (report.jobs, report.bytes)
    }

    private static func quietly<Answer>(
        _ options: StoreOptions, _ open: (StoreOptions) async throws -> Answer
    ) async throws -> Answer {
        var options = options
        let log = OpeningLog(options.log)
        options.log = log
        let answer = try await open(options)
        log.storeIsOpen()
        return answer
    }

    /// Returns the file of a namespace. Files are cheap, so each namespace has its own.
    private static func file(_ path: String, _ url: StoreURL) -> String {
        url.namespace.map { "\(path).\($0)" } ?? path
    }
}
