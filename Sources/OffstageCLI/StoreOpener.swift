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
        case .sqlite(let path):
            // A file is cheap, so a namespace has one of its own.
            try await SQLiteStore.open(url.namespace.map { "\(path).\($0)" } ?? path, options: options)
        }
    }
}
