// One connection and the thread that owns it. Callers put calls into its inbox, under a Mutex, and wake the thread only
// if it sleeps; the thread does the rest (`ConnectionLoop`). Calls that arrive during a write go out together with the
// next one: pipelining without a timer.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

/// A connection that is made again when it breaks, until it is closed.
final class RedisConnection: Sendable {
    /// The owner's decisions for a connection.
    struct Hooks: Sendable {
        /// Makes the socket. Blocks, on a separate thread.
        var dial: @Sendable () throws -> RedisSocket
        /// Receives calls that belong elsewhere, or that waited when the connection was retired. The address is the
        /// destination, if it is known.
        var redirect: (@Sendable (Exchange, RedisAddress?) -> Void)?
        /// Called when the connection broke, could not be made, or has been silent for suspiciously long.
        var suspect: @Sendable () -> Void = {}
        /// The longest wait between two attempts to connect; short if another server may take over.
        var mostBackoff = Duration.seconds(2)
        /// Whether an error that indicates an outdated map counts as suspicious.
        var suspectsErrors = false
        /// Whether the connection leaves a read-only server, to look for the master again.
        var leavesReplicas = false
        /// The commands that are sent first on each connection, and the handler of unrequested replies. The handler
        /// throws if the connection is of no use.
        var greeting: [RedisCommand] = []
        var push: (@Sendable (RedisReply) throws -> Bool)?
        /// How often a silent connection is pinged.
        var pingEvery: Duration?
    }

    /// The state that callers and the thread share.
    struct Inbox {
        var exchanges: [Exchange] = []
        var heldBytes = 0
        var isSleeping = false
        var isClosing = false
        var isEnded = false
        /// Whether to connect anew; and whether to give the calls away and end.
        var isLeaving = false
        var isRetired = false
        var dialled: Result<RedisSocket, WireFailure>?
        /// The server that it is connected to.
        var standing: RedisAddress?
        var onEnd: [@Sendable () -> Void] = []
    }

    let inbox = Mutex(Inbox())
    let wake = WakePipe.needed()
    let hooks: Hooks
    let options: RedisClientOptions
    /// The server's name in error messages until there is a connection.
    let name: String

    /// Starts its thread, which begins to connect at once. Hooks must not call the connection while they hold a lock
    /// that its owner also holds when it calls the connection.
    init(name: String, options: RedisClientOptions, hooks: Hooks) {
        self.name = name
        self.options = options
        self.hooks = hooks
        SystemThread.startEventually("offstage-redis") {
            let loop = ConnectionLoop(self)
            loop.run()
        }
    }

    /// The server that it is connected to; nil if there is no connection.
    var standing: RedisAddress? { inbox.withLock { $0.standing } }

    /// Whether its thread has ended.
    var isEnded: Bool { inbox.withLock { $0.isEnded } }

    /// Accepts a call. It is finished eventually, and at once if there is no room or the connection is closed.
    func send(_ exchange: Exchange) {
        enum Answer {
            case taken(wake: Bool)
            case retired
            case refused(StoreError)
        }
        let answer: Answer = inbox.withLock { inbox in
            if inbox.isRetired { return .retired }
            if inbox.isClosing || inbox.isEnded { return .refused(.closed) }
            guard inbox.heldBytes + exchange.size <= options.heldBytes else {
                return .refused(
                    .busy(
                        "\(name): \(inbox.heldBytes) bytes of commands wait for it already, at most "
                            + "\(options.heldBytes >> 20) MiB are kept (\(exchange.name) was not sent)"))
            }
            inbox.heldBytes += exchange.size
            inbox.exchanges.append(exchange)
            defer { inbox.isSleeping = false }
            return .taken(wake: inbox.isSleeping)
        }
        switch answer {
        case .taken(let isAsleep): if isAsleep { wake.wake() }
        case .retired: hooks.redirect?(exchange, nil)
        case .refused(let error): exchange.finish(.failed(error))
        }
    }

    /// Drops the connection and connects anew, because another server is the master.
    func leave() { change { $0.isLeaving = true } }

    /// Gives its calls away and ends.
    func retire() { change { $0.isRetired = true } }

    /// Waits for the replies of its calls as far as it is connected, then ends.
    func shut() { change { $0.isClosing = true } }

    /// Shuts it down, and returns when its thread has ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let isEnded = inbox.withLock { inbox in
                inbox.isClosing = true
                if !inbox.isEnded { inbox.onEnd.append { continuation.resume() } }
                return inbox.isEnded
            }
            if isEnded { continuation.resume() } else { wake.wake() }
        }
    }

    /// Accepts the outcome of an attempt to connect.
    func dialled(_ result: Result<RedisSocket, WireFailure>) { change { $0.dialled = result } }

    private func change(_ body: (inout Inbox) -> Void) {
        inbox.withLock { inbox in
            body(&inbox)
            inbox.isSleeping = false
        }
        wake.wake()
    }
}
