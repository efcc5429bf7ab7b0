// Delivers signals to watchers. A signal handler may do next to nothing, so it writes the signal's number into a pipe,
// and a thread reads it there. Signals belong to the process, hence the one shared hub: every watcher gets the signals
// it asked for, and when the last one stops the old handlers are restored. The signals get a handler and are not
// ignored, because started programs would inherit an ignored signal.
import OffstageSystem
import Synchronization

/// A signal that instructs a worker. SIGHUP, which a closing terminal sends, tells it to stop.
package enum ProcessSignal: Sendable, CaseIterable {
    case stop, interrupt, hangup, quiet

    package var number: Int32 {
        switch self {
        case .stop: SIGTERM
        case .interrupt: SIGINT
        case .hangup: SIGHUP
        case .quiet: SIGTSTP
        }
    }

    package var name: String {
        switch self {
        case .stop: "SIGTERM"
        case .interrupt: "SIGINT"
        case .hangup: "SIGHUP"
        case .quiet: "SIGTSTP"
        }
    }
}

/// Delivers signals to watchers.
package final class ProcessSignals: Sendable {
    /// One registration; it ends with `stop`.
    package struct Watch: Sendable {
        fileprivate let number: Int
        package func stop() { ProcessSignals.shared.remove(number) }
    }

    private struct State {
        var next = 0
        var watchers: [Int: (signals: Set<ProcessSignal>, hear: @Sendable (ProcessSignal) -> Void)] = [:]
        var old: [(signal: ProcessSignal, action: sigaction)] = []
        var isOpen = false
    }

    // The process has one set of signal handlers, so there is one hub.
    private static let shared = ProcessSignals()
    private let state = Mutex(State())

    /// Calls `hear` on a dedicated thread for each of these signals from now on. Other signals keep their effect:
    /// without `.quiet`, Ctrl-Z stops the process as it does any program.
    package static func watch(
        _ signals: Set<ProcessSignal> = Set(ProcessSignal.allCases),
        _ hear: @escaping @Sendable (ProcessSignal) -> Void
    ) -> Watch {
        shared.add(signals, hear)
    }

    private func add(_ signals: Set<ProcessSignal>, _ hear: @escaping @Sendable (ProcessSignal) -> Void) -> Watch {
        state.withLock { state in
            state.next += 1
            state.watchers[state.next] = (signals, hear)
            install(signals, &state)
            return Watch(number: state.next)
        }
    }

    private func remove(_ number: Int) {
        state.withLock { state in
            guard state.watchers.removeValue(forKey: number) != nil, state.watchers.isEmpty else { return }
            for entry in state.old {
                var action = entry.action
                sigaction(entry.signal.number, &action, nil)
            }
            state.old = []
        }
    }

    private func install(_ signals: Set<ProcessSignal>, _ state: inout State) {
        if !state.isOpen {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { return }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
            signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
            let source = ends[0]
            let pool = ThreadPool(limit: 1)
            // The reader stays for the life of the process, blocked in its read. If the pipe were closed while a signal
            // arrives, its descriptor could be another file by then.
            Task(executorPreference: pool) { self.read(from: source) }
            state.isOpen = true
        }
        for signal in signals where !state.old.contains(where: { $0.signal == signal }) {
            var action = sigaction()
            #if canImport(Darwin)
                action.__sigaction_u.__sa_handler = noteSignal
            #else
                action.__sigaction_handler.sa_handler = noteSignal
            #endif
            action.sa_flags = SA_RESTART
            var old = sigaction()
            guard sigaction(signal.number, &action, &old) == 0 else { continue }
            state.old.append((signal, old))
            // A process started under nohup should not end with the terminal.
            if signal == .hangup, ignores(old) { sigaction(signal.number, &old, nil) }
        }
    }

    /// SIG_IGN is the number 1 in place of a function; Swift cannot compare it as a function.
    private func ignores(_ action: sigaction) -> Bool {
        #if canImport(Darwin)
            let handler = unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
        #else
            let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        #endif
        return handler == 1
    }

    private func read(from source: Int32) {
        // The parent of this process may have blocked them; then this thread receives them.
        var heard = sigset_t()
        sigemptyset(&heard)
        for signal in ProcessSignal.allCases { sigaddset(&heard, signal.number) }
        pthread_sigmask(SIG_UNBLOCK, &heard, nil)
        var number: UInt8 = 0
        while true {
            let count = LibC.read(source, &number, 1)
            if count == 0 || (count < 0 && errno != EINTR) { return }
            guard count == 1, let signal = ProcessSignal.allCases.first(where: { $0.number == Int32(number) }) else {
                continue
            }
            let watchers = state.withLock { Array($0.watchers.values) }
            for watcher in watchers where watcher.signals.contains(signal) { watcher.hear(signal) }
        }
    }
}

/// The pipe that the signal handler writes to: a handler can reach only a global.
private let signalPipe = Atomic<Int32>(-1)

private func noteSignal(_ number: Int32) {
    let kept = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
    errno = kept
}
