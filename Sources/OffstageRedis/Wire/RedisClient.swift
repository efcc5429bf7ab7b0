// What the store sees of Redis: commands go in with the slot of their keys, answers come out; which server that is,
// whether its connection has just broken, and who became master meanwhile is the business of the files around.
import OffstageCore

/// A client of one Redis, of a master that Sentinels watch, or of a cluster.
final class RedisClient: Sendable {
    /// Calls of different roles use different connections, so that a long listing or a wait for replicas stops nobody.
    enum Role: Sendable, Hashable, CaseIterable {
        case work
        case enqueue
        case look
    }

    /// Whether it is a cluster, where keys of one script must share a slot.
    let isCluster: Bool

    private init(_ url: RedisURL, _ options: RedisClientOptions) {
        if case .cluster = url.topology { isCluster = true } else { isCluster = false }
    }

    /// Connects; returns when the first connection stands. Throws `unusable` with one line that says why it cannot.
    static func open(_ url: RedisURL, options: RedisClientOptions) async throws -> RedisClient {
        RedisClient(url, options)
    }

    /// The cluster's slot of a key: of what stands in its first braces, if anything does.
    static func slot(of key: String) -> Int { 0 }

    /// Sends a command to the master that serves the slot, and answers what `read` makes of the reply. A call whose
    /// connection broke is sent again, unless `resend` is false. Throws `unknownOutcome` when the patience is over
    /// and it may have been done; `busy`, `failed`, `full` or `unusable` when it was not done.
    func call<A: Sendable>(
        _ command: RedisCommand, slot: Int, role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply) throws -> A
    ) async throws -> A { throw StoreError.closed }

    /// Sends two commands back to back on one connection, and answers what `read` makes of both replies.
    func call<A: Sendable>(
        pair: (RedisCommand, RedisCommand), slot: Int, role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply, RedisReply) throws -> A
    ) async throws -> A { throw StoreError.closed }

    /// Sends a command and waits for nothing, in order with the calls of the same role and slot; it is dropped if the
    /// connection breaks.
    func cast(_ command: RedisCommand, slot: Int, role: Role = .work) {}

    /// Evaluates a script; a server that does not know it is given it.
    func evaluate<A: Sendable>(
        _ script: RedisScript, keys: [String], slot: Int, arguments: (inout RedisCommand) -> Void,
        role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply) throws -> A
    ) async throws -> A {
        var command = RedisCommand(script, keys: keys)
        arguments(&command)
        return try await call(command, slot: slot, role: role, patience: patience, resend: resend, read)
    }

    /// Evaluates a script and waits for nothing; as `cast` does.
    func castScript(
        _ script: RedisScript, keys: [String], slot: Int, arguments: (inout RedisCommand) -> Void, role: Role = .work
    ) {
        var command = RedisCommand(script, keys: keys)
        arguments(&command)
        cast(command, slot: slot, role: role)
    }

    /// Subscribes to a channel at the master that serves the slot, and follows it when another becomes master. Both
    /// closures are called on the subscriber's own thread and must return at once.
    func subscribe(
        channel: String, slot: Int, onSubscribed: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable ([UInt8]) -> Void
    ) -> RedisSubscriber { RedisSubscriber() }

    /// Lets calls on their way be answered, and ends all connections and their threads.
    func close() async {}
}

/// A subscription to one channel, until it is closed.
final class RedisSubscriber: Sendable {
    init() {}
    /// Ends it; nothing is called after it returns.
    func close() async {}
}
