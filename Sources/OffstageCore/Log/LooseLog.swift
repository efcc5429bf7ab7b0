// A log for threads that must never wait: those of a worker, which renew leases and run handlers, and those of a
// foreman, which reports deaths. The log behind it may be blocked by a reader that has stopped reading, but a caller of
// this log continues at once. Lines are passed on in order: immediately if the log behind takes them without waiting,
// otherwise by a thread that lives as long as there are lines. If too many lines wait, further ones are dropped and
// counted.
import CSystem
import OffstageSystem
import Synchronization

/// A log that can report that a line would have to wait.
package protocol PromptLog: Log {
    /// Writes the line if that needs no waiting. Returns whether it was written.
    func writeNow(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) -> Bool
}

/// Passes lines on to another log, which may be slow.
package final class LooseLog: Log {
    private static let mostWaiting = 1000
    /// The number of waiting lines from which on `waitForRoom` waits.
    private static let fewWaiting = 500
    /// How long a log may take no line before it counts as stuck, in nanoseconds.
    private static let patience: Int64 = 1_000_000_000

    private typealias Line = (level: LogLevel, message: String, facts: [(String, String)])

    private struct State {
        var lines: [Line] = []
        var dropped = 0
        var isWriting = false
        /// When the log behind last took a line, in nanoseconds.
        var movedAt: Int64 = 0
    }

    private let base: any Log
    private let prompt: (any PromptLog)?
    private let time: any TimeSource
    private let state = Mutex(State())

    private init(_ base: any Log) {
        self.base = base
        prompt = base as? any PromptLog
        time = SystemTime()
    }

    /// Returns a loose log in front of another log, or the log itself if it is a loose log.
    package static func around(_ log: any Log) -> LooseLog { log as? LooseLog ?? LooseLog(log) }

    /// Takes a line; never waits.
    package func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        let needsWriter = state.withLock { state in
            if !state.isWriting, let prompt, prompt.writeNow(level, message, facts) { return false }
            guard state.lines.count < Self.mostWaiting else {
                state.dropped += 1
                return false
            }
            state.lines.append((level, message, facts))
            guard !state.isWriting else { return false }
            state.isWriting = true
            state.movedAt = offstage_monotonic_ns()
            return true
        }
        guard needsWriter else { return }
        // If no thread can be started, the caller writes.
        if SystemThread.start(name: "log", { self.passOn() }) != 0 { passOn() }
    }

    /// Suspends while many lines wait and the log behind still takes some. A slow reader thus slows down a producer of
    /// many lines, and a reader that has stopped reading does not block it.
    package func waitForRoom() async {
        while isCrowded() {
            guard (try? await time.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }

    private func isCrowded() -> Bool {
        state.withLock { state in
            state.lines.count >= Self.fewWaiting && offstage_monotonic_ns() - state.movedAt < Self.patience
        }
    }

    /// Suspends until all lines are written, but at most for a second.
    package func finish() async {
        for _ in 0..<100 where state.withLock({ $0.isWriting }) {
            guard (try? await time.sleep(for: .milliseconds(10))) != nil else { return }
        }
    }

    /// Whether lines are waiting to be written.
    package var isBehind: Bool { state.withLock { $0.isWriting } }

    private func passOn() {
        while let (lines, dropped) = take() {
            for line in lines {
                base.write(line.level, line.message, line.facts)
                state.withLock { $0.movedAt = offstage_monotonic_ns() }
            }
            if dropped > 0 {
                base(.warning, "log lines were dropped: nobody read them", ["lines": "\(dropped)"])
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
