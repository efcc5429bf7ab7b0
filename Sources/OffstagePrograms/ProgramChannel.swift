// The queue between the watcher's thread, which must never wait, and the task that runs a program, which may be slow
// (an event may end in a store). Events queue up here. When the queue is full the watcher stops reading events, so the
// program is slowed down by its full pipe. The watcher reads on once the task has emptied the queue.
import Synchronization

/// The events and the end of one program, on their way to the task that runs it.
final class ProgramChannel: Sendable {
    /// Everything that has come since the last `take`.
    struct News: Sendable {
        var events: [ProgramEvent] = []
        var end: ProgramEnd?
        /// Whether the watcher has stopped reading and waits to be notified that the queue is empty.
        var wasFull = false
    }

    private struct State {
        var news = News()
        var sleeper: CheckedContinuation<Void, Never>?

        var hasNews: Bool { !news.events.isEmpty || news.end != nil }
    }

    private static let fullCount = 256
    private let state = Mutex(State())

    /// Adds an event; called by the watcher.
    func put(_ event: ProgramEvent) {
        wake { $0.events.append(event) }
    }

    /// Adds the end; nothing comes after it.
    func finish(_ end: ProgramEnd) {
        wake { $0.end = end }
    }

    /// Whether the watcher must stop reading events. If so, the next `take` reports it.
    func pausesIfFull() -> Bool {
        state.withLock { state in
            if state.news.events.count >= Self.fullCount { state.news.wasFull = true }
            return state.news.wasFull
        }
    }

    /// Suspends until there is something new, and returns all of it. Only one task may wait at a time.
    func take() async -> News {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                if !state.hasNews { state.sleeper = continuation }
                return state.hasNews
            }
            if ready { continuation.resume() }
        }
        return state.withLock { state in
            let news = state.news
            state.news = News()
            return news
        }
    }

    private func wake(_ change: (inout News) -> Void) {
        let sleeper = state.withLock { state in
            change(&state.news)
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}
