// The route of a single Redis, and of one watched by Sentinels: all calls go to one master, over one connection for
// each role. A finder is asked for the master each time a connection is made. It is also asked when a connection is
// suspected, because a frozen master never closes its connections, even after another server has taken over.
import OffstageCore
import OffstageSystem
import Synchronization

/// Finds the master.
protocol MasterFinder: Sendable {
    /// The master's name in error messages until an address is known.
    var name: String { get }
    /// Whether another server can become the master.
    var canMove: Bool { get }
    /// Returns the master's address. Blocks.
    func find() throws -> RedisAddress
}

/// The master of a plain Redis: the address in the URL.
struct FixedMaster: MasterFinder {
    let address: RedisAddress
    var name: String { address.description }
    var canMove: Bool { false }
    func find() -> RedisAddress { address }
}

/// Sends all calls to one master.
final class OneMasterRoute: RedisRoute {
    private struct State {
        var connections: [RedisClient.Role: RedisConnection] = [:]
        var subscribers: [RedisConnection] = []
        var isClosed = false
        var isLooking = false
    }

    private let state = Mutex(State())
    private let finder: any MasterFinder
    private let dialer: Dialer
    private let options: RedisClientOptions

    init(finder: any MasterFinder, dialer: Dialer, options: RedisClientOptions) {
        self.finder = finder
        self.dialer = dialer
        self.options = options
    }

    func learn(until deadline: Int64) async throws {}

    func send(_ exchange: Exchange) {
        let connection = state.withLock { state -> RedisConnection? in
            if let known = state.connections[exchange.role] { return known }
            guard !state.isClosed else { return nil }
            let connection = RedisConnection(name: finder.name, options: options, hooks: hooks(.init(dial: dial)))
            state.connections[exchange.role] = connection
            return connection
        }
        if let connection { connection.send(exchange) } else { exchange.finish(.failed(.closed)) }
    }

    func subscribe(slot: Int, hooks: RedisConnection.Hooks) -> RedisConnection {
        var all = self.hooks(hooks)
        all.dial = dial
        let connection = RedisConnection(name: finder.name, options: options, hooks: all)
        let isClosed = state.withLock { state in
            state.subscribers.removeAll { $0.isEnded }
            if !state.isClosed { state.subscribers.append(connection) }
            return state.isClosed
        }
        if isClosed { connection.shut() }
        return connection
    }

    func inspect(slot: Int) async -> SlotState { .whole }

    func address(slot: Int) -> String {
        state.withLock { $0.connections.values.compactMap(\.standing).first?.description } ?? finder.name
    }

    func close() async {
        shut()
        let all = state.withLock { Array($0.connections.values) + $0.subscribers }
        for connection in all { await connection.close() }
    }

    func shut() {
        let all = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values) + state.subscribers
        }
        for connection in all { connection.shut() }
    }

    private var dial: @Sendable () throws -> RedisSocket {
        let finder = finder
        let dialer = dialer
        return { try dialer.dial(try finder.find()) }
    }

    private func hooks(_ hooks: RedisConnection.Hooks) -> RedisConnection.Hooks {
        var hooks = hooks
        hooks.leavesReplicas = finder.canMove
        if finder.canMove {
            hooks.suspect = { [weak self] in self?.look() }
            hooks.mostBackoff = .milliseconds(500)
        }
        return hooks
    }

    /// Asks the finder, on a separate thread, and leaves all connections to servers that are not the master.
    private func look() {
        let begins = state.withLock { state in
            defer { state.isLooking = true }
            return !state.isLooking && !state.isClosed
        }
        guard begins else { return }
        SystemThread.startEventually("offstage-find") {
            let master = try? self.finder.find()
            let all = self.state.withLock { state in
                state.isLooking = false
                return Array(state.connections.values) + state.subscribers
            }
            guard let master else { return }
            for connection in all {
                if let standing = connection.standing, standing != master { connection.leave() }
            }
        }
    }
}
