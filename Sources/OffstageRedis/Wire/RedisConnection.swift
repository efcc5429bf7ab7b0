// One connection and the thread that owns it. Callers put calls into its inbox, under a Mutex, and poke the thread
// only if it sleeps; the thread does the rest (`ConnectionLoop`). What gathers while one write is on its way goes out
// with the next: pipelining without a timer.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

/// A connection that comes back when it breaks, until it is closed.
final class RedisConnection: Sendable {
    /// What the owner decides for it.
    struct Hooks: Sendable {
        /// Makes the socket; blocks, on a thread of its own.
        var dial: @Sendable () throws -> RedisSocket
        /// Takes calls that belong elsewhere, or that waited when it was retired; the address is where, if known.
        var redirect: (@Sendable (Exchange, RedisAddress?) -> Void)?
        /// Told when it broke, could not be made, or has been silent for suspiciously long.
        var suspect: @Sendable () -> Void = {}
        /// The longest wait between two attempts to connect; short where another server may take over.
        var mostBackoff = Duration.seconds(2)
        /// Whether an error that speaks of an old map is a reason for suspicion.
        var suspectsErrors = false
        /// Whether a read-only server is left, to ask anew who the master is.
        var leavesReplicas = false
        /// What is sent first on each connection, and the reader of what comes without having been asked for; it
        /// throws if the connection is of no use.
        var greeting: [RedisCommand] = []
        var push: (@Sendable (RedisReply) throws -> Bool)?
        /// A silent connection is asked whether it lives this often.
        var pingEvery: Duration?
    }

    /// What callers and the thread share.
    struct Inbox {
        var exchanges: [Exchange] = []
        var heldBytes = 0
        var isSleeping = false
        var isClosing = false
        var isEnded = false
        /// It is to be made anew; or its calls are to be given away, and it is to end.
        var isLeaving = false
        var isRetired = false
        var dialled: Result<RedisSocket, WireFailure>?
        /// Whom it is connected with.
        var standing: RedisAddress?
        var onEnd: [@Sendable () -> Void] = []
    }

    let inbox = Mutex(Inbox())
    let wake = WakePipe.needed()
    let hooks: Hooks
    let options: RedisClientOptions
    /// What errors call the server until a connection stands.
    let name: String

    /// Starts its thread, which begins to connect at once. Hooks must not call it while they hold a lock that its
    /// owner takes around calls of it.
    init(name: String, options: RedisClientOptions, hooks: Hooks) {
        self.name = name
        self.options = options
        self.hooks = hooks
        SystemThread.startEventually("offstage-redis") {
            let loop = ConnectionLoop(self)
            loop.run()
        }
    }

    /// Whom it is connected with; nil if it is not.
    var standing: RedisAddress? { inbox.withLock { $0.standing } }

    /// Whether its thread has ended.
    var isEnded: Bool { inbox.withLock { $0.isEnded } }

    /// Takes a call; it is finished sooner or later, at once if there is no room or the connection is closed.
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

    /// Drops the connection and makes it anew: somebody else is master.
    func leave() { change { $0.isLeaving = true } }

    /// Gives its calls away and ends.
    func retire() { change { $0.isRetired = true } }

    /// Lets the calls it has be answered as far as it is connected, and ends.
    func shut() { change { $0.isClosing = true } }

    /// Shuts it, and answers when its thread has ended.
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

    /// Takes the outcome of an attempt to connect.
    func dialled(_ result: Result<RedisSocket, WireFailure>) { change { $0.dialled = result } }

    private func change(_ body: (inout Inbox) -> Void) {
        inbox.withLock { inbox in
            body(&inbox)
            inbox.isSleeping = false
        }
        wake.wake()
    }
}
