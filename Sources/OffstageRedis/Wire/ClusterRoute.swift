// The route of a cluster. A call goes to the master that serves its slot, over one connection for each master and role.
// The map may be outdated: MOVED and ASK send a call on. If a master closes a connection or is silent, the scout reads
// the map again. If it finds that a node is no longer a master, that node's connections give their calls back, to be
// sent to the new master.
import OffstageCore
import Synchronization

/// Calls to the masters of a cluster.
final class ClusterRoute: RedisRoute {
    private struct Place: Hashable {
        let address: RedisAddress
        let role: RedisClient.Role
    }

    private struct Subscriber {
        let slot: Int
        let connection: RedisConnection
    }

    private struct State {
        var map = ClusterMap()
        var connections: [Place: RedisConnection] = [:]
        var subscribers: [Subscriber] = []
        var retired: [RedisConnection] = []
        var failure: WireFailure?
        var isClosed = false
        /// The waiters for the first map.
        var onLearnt: [@Sendable () -> Void] = []

        var all: [RedisConnection] { Array(connections.values) + subscribers.map(\.connection) + retired }
    }

    private let state = Mutex(State())
    private let scout: ClusterScout
    private let inspector: SlotInspector
    private let dialer: Dialer
    private let options: RedisClientOptions

    init(seeds: [RedisAddress], dialer: Dialer, options: RedisClientOptions) {
        self.dialer = dialer
        self.options = options
        var asker = dialer
        asker.timeout = min(dialer.timeout, .seconds(1))
        scout = ClusterScout(seeds: seeds, dialer: asker, options: options)
        inspector = SlotInspector(seeds: seeds, dialer: asker)
    }

    // MARK: Calls

    func send(_ exchange: Exchange) { send(exchange, to: nil) }

    private func send(_ exchange: Exchange, to named: RedisAddress?) {
        let connection = state.withLock { state -> RedisConnection? in
            guard !state.isClosed else { return nil }
            // If no master serves the slot, ask any: its reply states what is wrong, or works once that has changed.
            guard let address = named ?? state.map[exchange.slot] ?? state.map.masters.first else { return nil }
            let place = Place(address: address, role: exchange.role)
            if let known = state.connections[place] { return known }
            let connection = makeConnection(to: address)
            state.connections[place] = connection
            return connection
        }
        if let connection { connection.send(exchange) } else { exchange.finish(.failed(.closed)) }
    }

    private func makeConnection(to address: RedisAddress) -> RedisConnection {
        let dialer = dialer
        var hooks = RedisConnection.Hooks(dial: { try dialer.dial(address) })
        hooks.redirect = { [weak self] exchange, to in
            guard let self else { return exchange.finish(.failed(.closed)) }
            self.redirect(exchange, to)
        }
        hooks.suspect = { [weak self] in self?.look() }
        hooks.mostBackoff = .milliseconds(500)
        hooks.suspectsErrors = true
        return RedisConnection(name: address.description, options: options, hooks: hooks)
    }

    /// Sends a call on: to the address that a node named, or, from a retired connection, to the one in the map.
    private func redirect(_ exchange: Exchange, _ address: RedisAddress?) {
        if let address, !exchange.asks {
            state.withLock { $0.map.correct(slot: exchange.slot, to: address) }
            look()
        }
        send(exchange, to: address)
    }

    // MARK: The map

    func learn(until deadline: Int64) async throws {
        while true {
            await withCheckedContinuation { continuation in
                state.withLock { $0.onLearnt.append { continuation.resume() } }
                look()
            }
            let (isKnown, failure) = state.withLock { (!$0.map.masters.isEmpty, $0.failure) }
            if isKnown { return }
            if let failure, failure.kind == .refused || options.clock.monotonicMicroseconds() >= deadline {
                throw StoreError.unusable(failure.description)
            }
            try await options.clock.sleep(for: .milliseconds(100))
        }
    }

    private func look() {
        scout.look(
            known: { [weak self] in self?.state.withLock { $0.map.masters } ?? [] },
            learnt: { [weak self] in self?.take($0) })
    }

    private func take(_ learnt: Result<ClusterMap, WireFailure>) {
        let (gone, moved, told) = state.withLock { state in
            var gone: [RedisConnection] = []
            var moved: [RedisConnection] = []
            switch learnt {
            case .success(let map):
                state.map = map
                state.failure = nil
                for (place, connection) in state.connections where !map.masters.contains(place.address) {
                    state.connections[place] = nil
                    gone.append(connection)
                }
                state.retired.removeAll { $0.isEnded }
                state.retired += gone
                for subscriber in state.subscribers {
                    guard let standing = subscriber.connection.standing, let master = map[subscriber.slot],
                        standing != master
                    else { continue }
                    moved.append(subscriber.connection)
                }
            case .failure(let failure): state.failure = failure
            }
            defer { state.onLearnt = [] }
            return (gone, moved, state.onLearnt)
        }
        for connection in gone { connection.retire() }
        for connection in moved { connection.leave() }
        for tell in told { tell() }
    }

    // MARK: The rest

    func subscribe(slot: Int, hooks: RedisConnection.Hooks) -> RedisConnection {
        var hooks = hooks
        let dialer = dialer
        hooks.dial = { [weak self] in
            guard let address = self?.state.withLock({ $0.map[slot] }) else {
                throw WireFailure.unreachable("slot \(slot) of the cluster: nobody serves it")
            }
            return try dialer.dial(address)
        }
        hooks.suspect = { [weak self] in self?.look() }
        hooks.mostBackoff = .milliseconds(500)
        let connection = RedisConnection(name: "slot \(slot) of the cluster", options: options, hooks: hooks)
        let isClosed = state.withLock { state in
            state.subscribers.removeAll { $0.connection.isEnded }
            if !state.isClosed { state.subscribers.append(Subscriber(slot: slot, connection: connection)) }
            return state.isClosed
        }
        if isClosed { connection.shut() }
        return connection
    }

    func inspect(slot: Int) async -> SlotState {
        let known = state.withLock { $0.map.masters }
        return await inspector.inspect(slot: slot, known: known)
    }

    func address(slot: Int) -> String {
        state.withLock { $0.map[slot]?.description } ?? "slot \(slot) of the cluster"
    }

    func close() async {
        shut()
        for connection in state.withLock(\.all) { await connection.close() }
    }

    func shut() {
        scout.close()
        let all = state.withLock { state in
            state.isClosed = true
            return state.all
        }
        for connection in all { connection.shut() }
    }
}
