// A child process that the director starts and is responsible for. Its standard input is a life line: the director
// holds the other end and never writes. When the director ends, for whatever reason, the child reads the end of its
// input and stops, too.

import Foundation
import Synchronization

final class ChildProcess: Sendable {
    let pid: Int32
    /// The child's standard output, if that was requested.
    let output: FileHandle?
    private let lifeLine: Pipe
    private let ending = Ending()

    /// Starts a program. `log` is the file for its standard error; nil for the director's own. `onEnd` is called once
    /// the child has ended.
    init(
        _ program: String, _ arguments: [String], output kind: Output, log: String?,
        environment: [String: String] = [:],
        onEnd: @escaping @Sendable (_ pid: Int32, _ status: Int32) -> Void
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        lifeLine = Pipe()
        process.standardInput = lifeLine
        if let log { process.standardError = try Self.append(to: log) }
        var kept: Pipe?
        switch kind {
        case .shown:
            break
        case .kept:
            let pipe = Pipe()
            process.standardOutput = pipe
            kept = pipe
        }
        output = kept?.fileHandleForReading
        process.terminationHandler = { [ending] process in
            // A death by signal is reported as a shell reports it.
            let bySignal = process.terminationReason == .uncaughtSignal
            let status = (bySignal ? 128 : 0) + process.terminationStatus
            ending.tell(status)
            onEnd(process.processIdentifier, status)
        }
        try process.run()
        pid = process.processIdentifier
    }

    enum Output {
        /// The child writes to the director's own standard output.
        case shown
        /// The director reads what the child writes.
        case kept
    }

    /// Waits for the child's end. Returns its exit status, or 128 plus the number of the signal that ended it.
    func wait() async -> Int32 { await ending.wait() }

    /// Sends a signal, unless the child has ended, because its id may belong to another process by then.
    func signal(_ number: Int32) {
        ending.ifStillRunning { kill(pid, number) }
    }

    private static func append(to path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(fileURLWithPath: path))
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }
}

/// How a child ended, once it has, for any number of waiting callers.
private final class Ending: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())

    func tell(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    func ifStillRunning(_ body: () -> Void) {
        state.withLock { if $0.status == nil { body() } }
    }
}
