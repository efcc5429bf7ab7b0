// The store's interface to Redis: commands go in with the slot of their keys, and replies come out. The other files of
// this directory find the server, and handle broken connections and failovers.
import OffstageCore

/// A client of one Redis, of a master watched by Sentinels, or of a cluster.
final class RedisClient: Sendable {
    /// Calls of different roles use different connections, so a long listing or a wait for replicas does not block
    /// other calls.
    enum Role: Sendable, Hashable, CaseIterable {
        case work
        case enqueue
        case look
    }

    /// Whether it is a cluster, where all keys of one script must share a slot.
    let isCluster: Bool
    private let route: any RedisRoute
    private let options: RedisClientOptions

    private init(route: any RedisRoute, isCluster: Bool, options: RedisClientOptions) {
        self.route = route
        self.isCluster = isCluster
        self.options = options
    }

    deinit { route.shut() }

    /// Connects. Returns when the first connection is established and the server replies. Throws `unusable` or `busy`
    /// with one line that states why that failed.
    static func open(_ url: RedisURL, options: RedisClientOptions) async throws -> RedisClient {
        var options = options
        if let wait = url.waitTimeout { options.commandTimeout = max(options.commandTimeout, wait + .seconds(5)) }
        let tls = url.isTLS ? try TLSContext(url) : nil
        if url.isTLS, !url.verifiesHost {
            options.log(.warning, "redis: verify=0, a certificate for any other host is accepted too")
        }
        var dialer = Dialer(tls: tls, timeout: url.connectTimeout)
        dialer.user = url.user
        dialer.password = url.password
        dialer.database = url.database
        dialer.clientName = String(options.clientName.map { $0.isASCII && $0 > " " ? $0 : "-" })
        let route: any RedisRoute
        switch url.topology {
        case .single(let address):
            route = OneMasterRoute(finder: FixedMaster(address: address), dialer: dialer, options: options)
        case .sentinel(let sentinels, let master):
            var asker = Dialer(tls: tls, timeout: min(url.connectTimeout, .seconds(1)))
            asker.user = url.sentinelUser
            asker.password = url.sentinelPassword
            dialer.wantsMaster = true
            let finder = SentinelFinder(sentinels: sentinels, master: master, dialer: asker)
            route = OneMasterRoute(finder: finder, dialer: dialer, options: options)
        case .cluster(let seeds):
            route = ClusterRoute(seeds: seeds, dialer: dialer, options: options)
        }
        let isCluster = if case .cluster = url.topology { true } else { false }
        let client = RedisClient(route: route, isCluster: isCluster, options: options)
        do {
            let deadline = options.clock.monotonicMicroseconds() + options.openPatience.microseconds
            try await route.learn(until: deadline)
            let patience = max(options.openPatience, options.busyPatience, url.connectTimeout + .milliseconds(500))
            try await client.probe(within: patience)
            return client
        } catch {
            await client.close()
            throw error
        }
    }

    /// Returns the cluster slot of a key: the slot of the text in its first braces, or of the whole key if there is
    /// none.
    static func slot(of key: String) -> Int { KeySlot.of(key) }

    /// Checks whether all keys of a slot are on the master that serves it. Always `whole` outside a cluster.
    func inspect(slot: Int) async -> SlotState { await route.inspect(slot: slot) }

    /// Returns where the calls of a slot currently go, for display.
    func address(slot: Int) -> String { route.address(slot: slot) }

    /// Sends a command to the master that serves the slot, and returns what `read` makes of the reply. If the
    /// connection breaks, the call is sent again, unless `resend` is false. Throws `unknownOutcome` if the patience is
    /// over and the command may have been executed; throws `busy`, `failed`, `full` or `unusable` if it was not
    /// executed.
    func call<A: Sendable>(
        _ command: RedisCommand, slot: Int, role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply) throws -> A
    ) async throws -> A {
        try await send(command, nil, slot, role, patience, resend) { first, _ in try read(first) }
    }

    /// Sends two commands back to back on one connection, and returns what `read` makes of both replies.
    func call<A: Sendable>(
        pair: (RedisCommand, RedisCommand), slot: Int, role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply, RedisReply) throws -> A
    ) async throws -> A {
        try await send(pair.0, pair.1, slot, role, patience, resend) { first, second in
            guard let second else { throw StoreError.failed("the reply to \(pair.1.name) is missing") }
            return try read(first, second)
        }
    }

    /// Sends a command without waiting for its reply, in order with the calls of the same role and slot. It is dropped
    /// if the connection breaks.
    func cast(_ command: RedisCommand, slot: Int, role: Role = .work) {
        let deadline = options.clock.monotonicMicroseconds() + options.commandTimeout.microseconds
        route.send(
            Exchange(
                command, slot: slot, role: role, deadline: deadline, patience: options.commandTimeout, isCast: true,
                finish: { _ in }))
    }

    /// Evaluates a script, and loads it first if the server does not know it.
    func evaluate<A: Sendable>(
        _ script: RedisScript, keys: [String], slot: Int, arguments: (inout RedisCommand) -> Void,
        role: Role = .work, patience: Duration, resend: Bool = true,
        _ read: @escaping @Sendable (RedisReply) throws -> A
    ) async throws -> A {
        var command = RedisCommand(script, keys: keys)
        arguments(&command)
        return try await call(command, slot: slot, role: role, patience: patience, resend: resend, read)
    }

    /// Evaluates a script without waiting for its reply, like `cast`.
    func castScript(
        _ script: RedisScript, keys: [String], slot: Int, arguments: (inout RedisCommand) -> Void, role: Role = .work
    ) {
        var command = RedisCommand(script, keys: keys)
        arguments(&command)
        cast(command, slot: slot, role: role)
    }

    /// Subscribes to a channel at the master that serves the slot, and again at the new master after a failover. Both
    /// closures are called on the subscriber's own thread and must return quickly.
    func subscribe(
        channel: String, slot: Int, onSubscribed: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable ([UInt8]) -> Void
    ) -> RedisSubscriber {
        RedisSubscriber(
            route: route, channel: channel, slot: slot, onSubscribed: onSubscribed, onMessage: onMessage)
    }

    /// Waits for the replies of calls in flight, then closes all connections and ends their threads.
    func close() async { await route.close() }

    /// Checks that the server is alive. A server that refuses PING with an error is alive too. Gives up when the
    /// patience for opening is over, but not during the first attempt to connect.
    private func probe(within most: Duration) async throws {
        let now = options.clock.monotonicMicroseconds()
        do {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                route.send(
                    Exchange(
                        RedisCommand("PING"), slot: 0, role: .work, deadline: now + most.microseconds,
                        patience: options.openPatience, givesUpAt: now + options.openPatience.microseconds,
                        takesErrors: true
                    ) { ending in
                        switch ending {
                        case .replies: continuation.resume()
                        case .failed(let error): continuation.resume(throwing: error)
                        }
                    })
            }
        } catch StoreError.failed(let line) {
            throw StoreError.unusable(line)
        } catch StoreError.unknownOutcome(let line) {
            throw StoreError.unusable(line)
        }
    }

    private func send<A: Sendable>(
        _ command: RedisCommand, _ second: RedisCommand?, _ slot: Int, _ role: Role, _ patience: Duration,
        _ resend: Bool, _ read: @escaping @Sendable (RedisReply, RedisReply?) throws -> A
    ) async throws -> A {
        guard command.count <= RedisCommand.mostWords else {
            throw StoreError.failed("\(command.name) has \(command.count) words, Redis takes \(RedisCommand.mostWords)")
        }
        let deadline = options.clock.monotonicMicroseconds() + patience.microseconds
        return try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<A, any Error>) in
            route.send(
                Exchange(
                    command, second: second, slot: slot, role: role, deadline: deadline, patience: patience,
                    isResent: resend
                ) { ending in
                    switch ending {
                    case .replies(let first, let second):
                        continuation.resume(with: Result { try read(first, second) })
                    case .failed(let error): continuation.resume(throwing: error)
                    }
                })
        }
    }
}
