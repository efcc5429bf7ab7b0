// How these tests open clients, and what they expect of a call that has to fail.
import OffstageCore
import RedisServers
import Synchronization

@testable import OffstageRedis

extension RedisServer {
    /// Connects a client to this server, or to the given URL.
    func connect(
        _ url: String? = nil, _ options: RedisClientOptions = RedisClientOptions()
    ) async throws -> RedisClient {
        try await RedisClient.open(try RedisURL(url ?? self.url), options: options)
    }
}

/// The error of a call that has to fail.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch { return error as? StoreError }
}

/// A counter that any task may increment.
final class Tally: Sendable {
    private let state = Mutex(0)
    var count: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}
