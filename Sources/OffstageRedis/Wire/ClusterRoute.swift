import OffstageCore

final class ClusterRoute: RedisRoute {
    init(seeds: [RedisAddress], dialer: Dialer, options: RedisClientOptions) {}
    func learn(until deadline: Int64) async throws { throw StoreError.unusable("clusters come later") }
    func send(_ exchange: Exchange) { exchange.finish(.failed(.closed)) }
    func subscribe(slot: Int, hooks: RedisConnection.Hooks) -> RedisConnection { preconditionFailure() }
    func address(slot: Int) -> String { "" }
    func close() async {}
    func shut() {}
}
