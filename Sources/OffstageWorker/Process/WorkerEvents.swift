// The worker's events for its listeners; without listeners, an event costs one atomic load.
import Synchronization

/// Sends a worker's events to its listeners.
final class WorkerEvents: Sendable {
    private struct Listeners {
        var next = 0
        var all: [Int: AsyncStream<WorkerEvent>.Continuation] = [:]
        var isOver = false
    }

    private let count = Atomic<Int>(0)
    private let listeners = Mutex(Listeners())

    /// Returns a new stream of events from now on; it ends with the worker. A slow listener misses the oldest.
    func stream(buffering limit: Int) -> AsyncStream<WorkerEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: WorkerEvent.self, bufferingPolicy: .bufferingNewest(limit))
        let id: Int? = listeners.withLock { listeners in
            guard !listeners.isOver else { return nil }
            listeners.next += 1
            listeners.all[listeners.next] = continuation
            count.store(listeners.all.count, ordering: .releasing)
            return listeners.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    func send(_ event: @autoclosure () -> WorkerEvent) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let event = event()
        for listener in listeners.withLock({ Array($0.all.values) }) { listener.yield(event) }
    }

    func finish() {
        let all = listeners.withLock { listeners in
            listeners.isOver = true
            return Array(listeners.all.values)
        }
        for listener in all { listener.finish() }
    }

    private func remove(_ id: Int) {
        listeners.withLock { listeners in
            listeners.all[id] = nil
            count.store(listeners.all.count, ordering: .releasing)
        }
    }
}
