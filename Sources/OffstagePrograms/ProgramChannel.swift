// Between the watcher's thread, which must never wait, and the task that runs a program, which takes its time (an
// event may end in a store). Events pile up here; when the pile is high the watcher stops reading what makes more of
// them, so that the program itself is slowed by its full pipe, and looks again once the task has taken the pile.
import Synchronization

/// The events and the end of one program, on their way to the task that runs it.
final class ProgramChannel: Sendable {
    /// All that has come since the last look.
    struct News: Sendable {
        var events: [ProgramEvent] = []
        var end: ProgramEnd?
        /// Whether the watcher has stopped reading and waits to be told of this.
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

    /// Tells the end; nothing comes after it.
    func finish(_ end: ProgramEnd) {
        wake { $0.end = end }
    }

    /// Whether the watcher shall stop reading events; if so the next `take` says that it did.
    func pausesIfFull() -> Bool {
        state.withLock { state in
            if state.news.events.count >= Self.fullCount { state.news.wasFull = true }
            return state.news.wasFull
        }
    }

    /// Suspends until there is something new and answers all of it; for one task at a time.
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
