// A program that a test starts and that cannot outlive the test, however the test ends. It runs under the job keeper of
// CSystem (see keeper.h), a small process that kills the program's whole group as soon as the pipe from the test
// process closes. So even a SIGKILL of the tests leaves no server behind. The alternative was `setpriv --pdeathsig`,
// but its signal is sent when the *thread* that forked ends, and threads of a test process come and go.
import CSystem
import Dispatch
import Foundation
import OffstageCore
import OffstageSystem
import OffstageTesting
import Synchronization

/// A program under a keeper. It is killed when the last reference is released.
package final class KeptProcess: Sendable {
    /// The state of a program, as its keeper reports it.
    package enum Standing: Equatable {
        case starting
        case running(pid: Int32)
        /// An exit status, or 256 plus the signal that ended the program, or a negative errno if it was never started.
        case over(Int)
    }

    /// The path of the file that holds the program's standard output and standard error.
    package let logFile: String
    private let life: Mutex<Int32>
    private let standing: KeptStanding

    /// Starts a program with its arguments and appends its outputs to the file. Throws `ServerError`.
    package init(_ words: [String], log: String) throws {
        logFile = log
        let command = "exec " + (words.map(Self.quoted).joined(separator: " "))
        let line = command + " </dev/null >>\(Self.quoted(log)) 2>&1 3>&- 4>&-"
        let variables = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        let environment: [UInt8] = variables.flatMap { [UInt8]($0.utf8) + [0] }
        var program = offstage_program()
        let problem = environment.withUnsafeBytes { bytes in
            offstage_program_start(
                line, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), variables.count, nil, 0, &program)
        }
        guard problem == 0 else {
            throw ServerError("\(words[0]) cannot be started: \(LibC.reason(problem))")
        }
        for unused in [program.input, program.output, program.errors, program.reports] { close(unused) }
        life = Mutex(program.life)
        standing = KeptStanding()
        standing.watch(program.status, keeper: program.keeper)
    }

    deinit { kill() }

    /// The current state.
    package var now: Standing { standing.value }
    /// Its process id; nil before it has started and after it has ended.
    package var pid: Int32? { if case .running(let pid) = standing.value { pid } else { nil } }
    /// Whether it has ended, with its whole group.
    package var isOver: Bool { if case .over = standing.value { true } else { false } }
    /// The output so far.
    package var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    /// Sends a signal unless the program has ended. Returns whether the signal was sent.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        standing.withPid { Foundation.kill($0, number) == 0 } ?? false
    }

    /// Kills the program and its group with SIGKILL, even if it is frozen.
    package func kill() {
        life.withLock { descriptor in
            guard descriptor >= 0 else { return }
            close(descriptor)
            descriptor = -1
        }
    }

    /// Kills the program and blocks the thread until it has ended, which takes a few milliseconds.
    package func end() {
        kill()
        standing.waitUntilOver()
    }

    /// Waits until the program ends and returns how it ended. Throws `ServerError` if it does not end within the bound.
    @discardableResult
    package func ends(within bound: Duration = .seconds(20)) async throws -> Int {
        guard await TestSignal.holds(within: bound, { isOver }), case .over(let status) = now else {
            throw ServerError("process \(pid ?? 0) does not end; it wrote: \(log.suffix(400))")
        }
        return status
    }

    /// The kernel's letter for its state: R, S, T (stopped)…; nil if it has ended.
    var kernelState: Character? {
        guard let pid, let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: bracket)...].first { $0 != " " }
    }

    private static func quoted(_ word: String) -> String {
        "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

/// What the keeper has reported so far. A thread fills it from the keeper's pipe; the object outlives the KeptProcess
/// with that thread.
final class KeptStanding: Sendable {
    private let state = Mutex(KeptProcess.Standing.starting)
    private let isOver = DispatchSemaphore(value: 0)

    var value: KeptProcess.Standing { state.withLock { $0 } }

    /// Runs `act` with the process id while the program is not known to have ended.
    func withPid<Result: Sendable>(_ act: (Int32) -> Result) -> Result? {
        state.withLock { if case .running(let pid) = $0 { act(pid) } else { nil } }
    }

    /// Blocks until the program has ended, for five seconds at most.
    func waitUntilOver() {
        if isOver.wait(timeout: .now() + 5) == .success { isOver.signal() }
    }

    /// Reads the keeper's reports on a separate thread, and reaps the keeper.
    func watch(_ status: Int32, keeper: Int32) {
        _ = fcntl(status, F_SETFL, fcntl(status, F_GETFL) & ~O_NONBLOCK)
        Thread.detachNewThread {
            while let word = Self.word(from: status) { self.hear(word) }
            close(status)
            // The pipe closed without a report of the end: the keeper was killed, and the program died with it.
            if case .over = self.value {} else { self.state.withLock { $0 = .over(256 + Int(SIGKILL)) } }
            self.isOver.signal()
            var ending: Int32 = 0
            while waitpid(keeper, &ending, 0) < 0, errno == EINTR {}
        }
    }

    private func hear(_ word: Int32) {
        state.withLock { state in
            if word < 0 {
                state = .over(Int(word))
            } else if case .starting = state {
                state = .running(pid: word)
            } else {
                state = .over(Int(word & ~Int32(OFFSTAGE_WAS_STOPPED)))
            }
        }
    }

    private static func word(from descriptor: Int32) -> Int32? {
        var word: Int32 = 0
        while true {
            let count = withUnsafeMutableBytes(of: &word) { read(descriptor, $0.baseAddress, 4) }
            if count < 0, errno == EINTR { continue }
            return count == 4 ? word : nil
        }
    }
}
