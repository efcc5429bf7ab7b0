// The composition root: the one place of the command line that names concrete stores. Commands ask for a store and
// get the seam.
import OffstageCore
import OffstageMemory
import OffstageSQLite

/// The opening of the store that a command line means.
enum StoreOpener {
    /// Opens the store behind an address.
    static func open(_ url: StoreURL, options: StoreOptions) async throws -> any Store {
        switch url.location {
        case .memory: MemoryStore(options: options)
        case .sqlite(let path): try await SQLiteStore.open(file(path, url), options: options)
        }
    }

    /// Brings the store behind an address up to date; answers the schemas before and after, 0 for none.
    static func migrate(_ url: StoreURL, options: StoreOptions) async throws -> (from: Int, to: Int) {
        switch url.location {
        case .memory: throw UsageError("a store in memory has no schema to migrate")
        case .sqlite(let path): try await SQLiteStore.migrate(file(path, url), options: options)
        }
    }

    /// A file is cheap, so each namespace has one of its own.
    private static func file(_ path: String, _ url: StoreURL) -> String {
        url.namespace.map { "\(path).\($0)" } ?? path
    }
}
