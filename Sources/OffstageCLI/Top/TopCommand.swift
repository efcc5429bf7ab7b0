// `offstage top`: shows the store live and full-screen. The store is read every second; keys in between only redraw
// what is known. The terminal is restored however the command ends: by `q`, a signal or an error.
import OffstageCore
import OffstageMonitor
import OffstageSystem

/// The command that shows the store live.
enum TopCommand {
    static let spec = CommandSpec(
        "top", "watch queues, workers and jobs live; q quits",
        details: "Arrow keys change the page and scroll. With --json it writes what stats writes, again and again.",
        options: [.value("every", "DURATION", .duration, "how often to look (1s)")],
        run: run)

    private enum Event: Sendable {
        case terminal(TerminalEvent)
        case looked(TopSnapshot)
        case failed(String)
        case lost(String)
    }

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let pause = max(.milliseconds(100), try context.invocation.duration("every") ?? .seconds(1))
        guard !context.invocation.wantsJSON else {
            return try await context.withStore(to: .look) { store in try await write(store, every: pause, context) }
        }
        guard context.output.isTerminal, var screen = Screen(input: 0, output: context.output) else {
            throw UsageError("top needs a terminal; see stats and queues, or --json")
        }
        return try await context.withStore(to: .look) { store in
            let events = TerminalEvents(input: 0)
            defer { events.end() }
            try screen.begin()
            defer { screen.end() }
            let signal = try await show(on: &screen, store, events, every: pause, context)
            screen.end()
            events.end()
            if let signal { end(by: signal) }
            return .done
        }
    }

    private static func write(
        _ store: any Store, every pause: Duration, _ context: CommandContext
    ) async throws -> ExitStatus {
        while true {
            try context.output.document(Documents.stats(try await Monitor(store, time: context.time).stats()))
            try context.output.flush()
            try await context.time.sleep(for: pause)
        }
    }

    /// Shows views until the user quits. Returns the signal if one asked for the end.
    private static func show(
        on screen: inout Screen, _ store: any Store, _ events: TerminalEvents, every pause: Duration,
        _ context: CommandContext
    ) async throws -> Int32? {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        let time = context.time
        let looking = Task {
            while !Task.isCancelled {
                do {
                    continuation.yield(.looked(try await TopSnapshot.take(from: store)))
                } catch StoreError.lost(let text) {
                    continuation.yield(.lost(text))
                } catch {
                    continuation.yield(.failed("\(error)"))
                }
                try? await time.sleep(for: pause)
            }
        }
        let terminal = events.stream
        let listening = Task {
            for await event in terminal { continuation.yield(.terminal(event)) }
            continuation.finish()
        }
        defer {
            looking.cancel()
            listening.cancel()
        }
        var view = TopView(location: "\(store.traits.kind):\(store.traits.location)", style: context.output.style)
        for await event in stream {
            switch event {
            case .looked(let snapshot): view.take(snapshot)
            case .failed(let trouble): view.frame.trouble = trouble
            case .lost(let text): throw StoreError.lost(text)
            case .terminal(let event):
                switch view.reaction(to: event) {
                case .go: break
                case .quit(let signal): return signal
                case .redraw: screen.forget()
                case .sleep:
                    screen.end()
                    sleepUntilContinued()
                    try screen.begin()
                }
            }
            view.frame.size = TerminalSize.of(1) ?? view.frame.size
            if let lines = view.lines() { try screen.show(lines) }
        }
        return nil
    }

    /// Stops the process as Ctrl-Z would, and returns when the shell continues it.
    private static func sleepUntilContinued() {
        // Not SIGTSTP: it is caught, and may be blocked, while its source exists.
        kill(getpid(), SIGSTOP)
    }

    /// Ends the process by a signal, so that its parent sees which one it was.
    private static func end(by signal: Int32) {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, signal)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(signal)
    }
}
