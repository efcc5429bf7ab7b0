// A log for threads that must never wait: a worker's, which renew leases and run handlers, and a foreman's, which
// reports deaths. Whoever writes here goes on at once, because the log behind it may be held up by a reader that has
// stopped reading. Lines are passed on in order, at once if the log behind takes them without waiting, and otherwise by
// a thread that lives while there are some; beyond a number that wait, lines are dropped and counted.
import CSystem
import OffstageSystem
import Synchronization

/// A log that can say that a line would have to wait.
package protocol PromptLog: Log {
    /// Writes the line if that needs no waiting; returns whether it did.
    func writeNow(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) -> Bool
}

/// Passes lines on to another log, which may be slow.
package final class LooseLog: Log {
    private static let mostWaiting = 1000
    /// From how many waiting lines on a writer that can wait does.
    private static let fewWaiting = 500
    /// From when on a log that takes no line is taken for stuck.
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

    /// A loose log in front of another; the other itself if it is one.
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
        // Without a thread to be had, the caller writes.
        if SystemThread.start(name: "log", { self.passOn() }) != 0 { passOn() }
    }

    /// Suspends while many lines wait and the log behind takes some: what makes many lines is slowed down to a slow
    /// reader, and not held up by one that has stopped reading.
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

    /// Suspends until all lines are written, at most for a second.
    package func finish() async {
        for _ in 0..<100 where state.withLock({ $0.isWriting }) {
            guard (try? await time.sleep(for: .milliseconds(10))) != nil else { return }
        }
    }

    /// Whether lines wait to be written.
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
