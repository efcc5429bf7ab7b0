// A program that a test starts and that cannot outlive the test, however that ends. It stands under the job keeper of
// CSystem (see keeper.h): a small process that kills the program's whole group as soon as the pipe from the test
// process closes, so even a SIGKILL of the tests leaves no server behind. `setpriv --pdeathsig` was the other choice;
// that signal comes when the *thread* ends that forked, and threads of a test process come and go.
import CSystem
import Dispatch
import Foundation
import OffstageCore
import OffstageSystem
import OffstageTesting
import Synchronization

/// A program under a keeper; killed when the last reference to it goes.
package final class KeptProcess: Sendable {
    /// How a program stands, as its keeper says.
    package enum Standing: Equatable {
        case starting
        case running(pid: Int32)
        /// An exit status, or 256 plus the signal that ended it, or a negative errno: it was never started.
        case over(Int)
    }

    /// The file that holds what it wrote to both of its outputs.
    package let logFile: String
    private let life: Mutex<Int32>
    private let standing: KeptStanding

    /// Starts a program with its arguments; its outputs are appended to the file. Throws ServerError.
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

    /// How it stands now.
    package var now: Standing { standing.value }
    /// Its process id; nil before it has one and when it is over.
    package var pid: Int32? { if case .running(let pid) = standing.value { pid } else { nil } }
    /// Whether it has ended, with its whole group.
    package var isOver: Bool { if case .over = standing.value { true } else { false } }
    /// What it wrote.
    package var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    /// Sends a signal unless it has ended; answers whether it was sent.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        standing.withPid { Foundation.kill($0, number) == 0 } ?? false
    }

    /// Kills it and its group with SIGKILL, frozen or not.
    package func kill() {
        life.withLock { descriptor in
            guard descriptor >= 0 else { return }
            close(descriptor)
            descriptor = -1
        }
    }

    /// Kills it and blocks the thread for the few milliseconds until it is gone.
    package func end() {
        kill()
        standing.waitUntilOver()
    }

    /// Waits for its end and answers how it ended; throws ServerError if it does not.
    @discardableResult
    package func ends(within bound: Duration = .seconds(20)) async throws -> Int {
        guard await TestSignal.holds(within: bound, { isOver }), case .over(let status) = now else {
            throw ServerError("process \(pid ?? 0) does not end; it wrote: \(log.suffix(400))")
        }
        return status
    }

    /// The letter that the kernel gives for its state: R, S, T (stopped)…; nil if it has ended.
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

/// What the keeper has said so far; filled by a thread that reads its pipe, and outlives the KeptProcess with it.
final class KeptStanding: Sendable {
    private let state = Mutex(KeptProcess.Standing.starting)
    private let isOver = DispatchSemaphore(value: 0)

    var value: KeptProcess.Standing { state.withLock { $0 } }

    /// Acts on the process id while the program is not known to have ended.
    func withPid<Result: Sendable>(_ act: (Int32) -> Result) -> Result? {
        state.withLock { if case .running(let pid) = $0 { act(pid) } else { nil } }
    }

    /// Blocks until it has ended, five seconds at most.
    func waitUntilOver() {
        if isOver.wait(timeout: .now() + 5) == .success { isOver.signal() }
    }

    /// Reads the keeper's words on a thread of its own, and reaps it.
    func watch(_ status: Int32, keeper: Int32) {
        _ = fcntl(status, F_SETFL, fcntl(status, F_GETFL) & ~O_NONBLOCK)
        Thread.detachNewThread {
            while let word = Self.word(from: status) { self.hear(word) }
            close(status)
            // Nothing said of the end: somebody killed the keeper, and the program died with it.
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
