// A real process that a test starts, reads, signals, and ends. Its standard output is read line by line, and its
// standard error is kept for inspection. No signal is ever sent to its process id after it was reaped, because the id
// may belong to another process by then.
import Dispatch
import Foundation
import OffstageCore
import OffstageTesting
import Synchronization

/// A process that a test started.
public final class Child: Sendable {
    private struct State {
        var lines: [String] = []
        var log: [String] = []
        var status: Int32?
    }

    /// Its process id.
    public let pid: Int32
    private let input: Int32
    private let state = Mutex(State())
    private let reaped = DispatchSemaphore(value: 0)

    /// Starts a program. Throws `ChildError` if the system refuses.
    public init(_ program: String, _ arguments: [String]) throws {
        let toChild = try StandardPipe()
        let output = try StandardPipe()
        let errors = try StandardPipe()
        defer { for end in [toChild.reading, output.writing, errors.writing] { close(end) } }
        pid = try Spawn.start(
            program, arguments, input: toChild.reading, output: output.writing, errors: errors.writing)
        input = toChild.writing
        read(output.reading) { state, line in state.lines.append(line) }
        read(errors.reading) { state, line in state.log.append(line) }
        Thread.detachNewThread { self.reap() }
    }

    // MARK: Looking

    /// The lines of its standard output so far.
    public var lines: [String] { state.withLock { $0.lines } }
    /// The lines of its standard error so far.
    public var log: [String] { state.withLock { $0.log } }
    /// Whether it has ended.
    public var isOver: Bool { state.withLock { $0.status != nil } }

    /// Waits for a line that begins with a word and returns the rest of it. Otherwise throws an error with the actual
    /// output.
    @discardableResult
    public func hears(_ word: String, within bound: Duration = .seconds(60)) async throws -> String {
        func find() -> String? { lines.first { $0 == word || $0.hasPrefix(word + " ") } }
        _ = await TestSignal.holds(within: bound) { find() != nil || isOver }
        // The end may be known before the last lines are.
        guard await TestSignal.holds(within: .seconds(1), { find() != nil }), let line = find() else {
            throw ChildError(
                "process \(pid) did not say \"\(word)\", but: \(lines.suffix(5)), and on its standard error: "
                    + log.suffix(8).joined(separator: " | "))
        }
        return String(line.dropFirst(word.count + 1))
    }

    /// Waits until it ends. Returns its exit status, or 256 plus the signal that killed it. Throws if it does not end
    /// in time.
    @discardableResult
    public func ends(within bound: Duration = .seconds(60)) async throws -> Int {
        guard await TestSignal.holds(within: bound, { isOver }), let raw = state.withLock({ $0.status }) else {
            throw ChildError(
                "process \(pid) does not end; its standard error: \(log.suffix(8).joined(separator: " | "))")
        }
        let signal = raw & 0x7F
        return signal == 0 ? Int(raw >> 8 & 0xFF) : 256 + Int(signal)
    }

    /// Waits until the kernel has stopped it, because SIGSTOP takes effect a moment after it was sent. Throws if it
    /// does not stop within the bound.
    public func isFrozen(within bound: Duration = .seconds(30)) async throws {
        guard await TestSignal.holds(within: bound, { ProcessState.of(pid) == "T" }) else {
            throw ChildError("process \(pid) is in state \(ProcessState.of(pid) ?? "none"), not stopped")
        }
    }

    // MARK: Acting

    /// Writes a line to its standard input.
    public func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    }

    /// Sends a signal, unless it has ended.
    public func signal(_ number: Int32) {
        state.withLock { state in
            if state.status == nil { kill(pid, number) }
        }
    }

    /// Kills it, even if it is frozen, and waits until it has ended.
    public func end() {
        signal(SIGKILL)
        if reaped.wait(timeout: .now() + 30) == .success { reaped.signal() }
    }

    // MARK: Threads

    private func read(_ descriptor: Int32, _ take: @escaping @Sendable (inout State, String) -> Void) {
        Thread.detachNewThread {
            defer { close(descriptor) }
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = buffer.withUnsafeMutableBytes { readBytes(descriptor, $0) }
                guard count > 0 else { return }
                rest += buffer[..<count]
                while let end = rest.firstIndex(of: 10) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    self.state.withLock { take(&$0, line) }
                    rest.removeFirst(end + 1)
                }
            }
        }
    }

    private func reap() {
        // Waits without reaping first, so that the id stays its own until its end is recorded.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            state.status = status
        }
        close(input)
        reaped.signal()
    }
}

private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count >= 0 || errno != EINTR { return count }
    }
}
