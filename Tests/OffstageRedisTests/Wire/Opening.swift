// How these tests open clients, and what they ask of a call that has to fail.
import OffstageCore
import RedisServers
import Synchronization

@testable import OffstageRedis

extension RedisServer {
    /// A client of it, or of the URL given.
    func connect(
        _ url: String? = nil, _ options: RedisClientOptions = RedisClientOptions()
    ) async throws -> RedisClient {
        try await RedisClient.open(try RedisURL(url ?? self.url), options: options)
    }
}

/// What a call that has to fail failed with.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch { return error as? StoreError }
}

/// Counts, from any task.
final class Tally: Sendable {
    private let state = Mutex(0)
    var count: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}
