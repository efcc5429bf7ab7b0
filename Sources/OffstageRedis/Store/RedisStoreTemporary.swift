// TEMPORARY, and to be deleted with the merge of the branch that has RedisStore: stands in for it, so that the command
// line compiles.
public import OffstageCore

/// Stands in for the Redis store.
public enum RedisStore {
    /// Fails.
    public static func open(_ url: String, options: StoreOptions) async throws -> any Store {
        throw StoreError.unusable("no connection to \(try RedisLocation(url)): there is no Redis store yet")
    }

    /// Fails.
    public static func migrate(_ url: String, options: StoreOptions) async throws -> (from: Int, to: Int) {
        throw StoreError.unusable("no connection to \(try RedisLocation(url)): there is no Redis store yet")
    }
}
