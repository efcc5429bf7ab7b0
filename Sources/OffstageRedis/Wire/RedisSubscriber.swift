// A subscription to one channel, on a dedicated connection, because a subscribed connection accepts no other commands.
// It is made again whenever the connection is. Messages published meanwhile are lost, so the owner is notified each
// time the subscription is established, and can check for work once.
import OffstageCore
import Synchronization

/// A subscription, until it is closed.
final class RedisSubscriber: Sendable {
    private let connection: RedisConnection
    private let isOpen = Gate()

    /// Whether the closures may still be called.
    private final class Gate: Sendable {
        let isOpen = Mutex(true)
    }

    init(
        route: any RedisRoute, channel: String, slot: Int, onSubscribed: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable ([UInt8]) -> Void
    ) {
        let gate = isOpen
        var hooks = RedisConnection.Hooks(dial: { throw WireFailure.unreachable("no route") })
        hooks.greeting = [RedisCommand("SUBSCRIBE", channel)]
        hooks.pingEvery = .seconds(5)
        hooks.push = { reply in
            if let error = reply.error {
                let text = "SUBSCRIBE \(channel): \(error.prefix(200))"
                throw error.hasPrefix("LOADING") || error.hasPrefix("BUSY")
                    ? WireFailure.unreachable(text) : WireFailure.refused(text)
            }
            guard reply.elements.count == 3, let kind = reply.elements[0].text else { return false }
            let isOpen = gate.isOpen.withLock { $0 }
            switch kind {
            case "subscribe": if isOpen { onSubscribed() }
            case "message": if isOpen, let bytes = reply.elements[2].bytes { onMessage(Array(bytes)) }
            default: return false
            }
            return true
        }
        connection = route.subscribe(slot: slot, hooks: hooks)
    }

    deinit { connection.shut() }

    /// Ends the subscription. No closure is called after this returns.
    func close() async {
        isOpen.isOpen.withLock { $0 = false }
        await connection.close()
    }
}
