// A log for the foreman's thread and its reports: whoever writes here goes on at once, because the log behind it may
// be held up by a reader that has stopped reading. Lines are passed on in order by a thread that lives while there
// are some; beyond a number that wait, lines are dropped and counted.
import CSystem
import OffstageCore
import Synchronization

/// Passes lines on to another log, which may be slow.
final class LooseLog: Log {
    private static let mostWaiting = 1000

    private typealias Line = (level: LogLevel, message: String, facts: [(String, String)])

    private struct State {
        var lines: [Line] = []
        var dropped = 0
        var isWriting = false
    }

    private let base: any Log
    private let state = Mutex(State())

    init(_ base: any Log) { self.base = base }

    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        let needsWriter = state.withLock { state in
            guard state.lines.count < Self.mostWaiting else {
                state.dropped += 1
                return false
            }
            state.lines.append((level, message, facts))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard needsWriter else { return }
        let context = Unmanaged.passRetained(self)
        guard offstage_thread_start(looseLogMain, context.toOpaque()) != 0 else { return }
        context.release()
        passOn()
    }

    /// Waits until all lines are written, at most for a second.
    func finish(_ time: any TimeSource) async {
        var rounds = 100
        while rounds > 0, state.withLock({ $0.isWriting }) {
            guard (try? await time.sleep(for: .milliseconds(10))) != nil else { return }
            rounds -= 1
        }
    }

    fileprivate func passOn() {
        while let (lines, dropped) = take() {
            for line in lines { base.write(line.level, line.message, line.facts) }
            if dropped > 0 {
                base(.warning, "lines of the foreman were dropped: nobody read them", ["lines": "\(dropped)"])
            }
        }
    }

    private func take() -> ([Line], Int)? {
        state.withLock { state in
            guard !state.lines.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer {
                state.lines = []
                state.dropped = 0
            }
            return (state.lines, state.dropped)
        }
    }
}

// Named and global: a closure would inherit the isolation of where it is written, and this runs on a thread of its own.
private nonisolated func looseLogMain(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    offstage_block_signals()
    offstage_name_thread("foreman's log")
    Unmanaged<LooseLog>.fromOpaque(context).takeRetainedValue().passOn()
}
