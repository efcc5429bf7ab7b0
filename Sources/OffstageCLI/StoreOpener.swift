// The composition root: the one place of the command line that names concrete stores. Commands ask for a store and
// get the seam; and so can any program that is given a store's address and does not care which it is.
public import OffstageCore
import OffstageMemory
import OffstageRedis
import OffstageSQLite

/// The opening of the store that an address means.
public enum StoreOpener {
    /// Opens the store behind an address. Throws what the store throws that cannot be opened.
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

    /// Brings the store behind an address up to date; answers the schemas before and after, 0 for none.
    static func migrate(_ url: StoreURL, options: StoreOptions) async throws -> (from: Int, to: Int) {
        switch url.location {
        case .memory: throw UsageError("a store in memory has no schema to migrate")
        case .sqlite(let path): try await SQLiteStore.migrate(file(path, url), options: options)
        case .redis(let redis):
            try await quietly(options) { try await RedisStore.migrate(redis.url, options: $0) }
        }
    }

    /// Copies the store behind an address into a new file; returns how many jobs and bytes that has.
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

    /// A file is cheap, so each namespace has one of its own.
    private static func file(_ path: String, _ url: StoreURL) -> String {
        url.namespace.map { "\(path).\($0)" } ?? path
    }
}
