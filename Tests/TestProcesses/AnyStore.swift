// The one place where the tests with real processes name concrete stores. An address that begins like a Redis URL is
// one; any other is the path of a SQLite file.
public import OffstageCore
import OffstageRedis
import OffstageSQLite

/// Opens the store of an address.
public enum AnyStore {
    /// Returns whether an address is a Redis URL.
    public static func isRedis(_ address: String) -> Bool {
        address.hasPrefix("redis") && address.contains("://") || address.hasPrefix("unix://")
    }

    /// Opens a store with a lease time and a patience. Throws the store's error if it cannot be opened.
    public static func open(
        _ address: String, lease: Duration, patience: Duration = .seconds(60), crashesAlone: Int = 3,
        log: any Log = SilentLog()
    ) async throws -> any Store {
        var options = StoreOptions()
        options.lease = lease
        options.crashesAlone = crashesAlone
        options.patience = patience
        options.log = log
        return isRedis(address)
            ? try await RedisStore.open(address, options: options)
            : try await SQLiteStore.open(address, options: options)
    }
}
