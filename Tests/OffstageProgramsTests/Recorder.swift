// What the tests share: a recorder for events, a bounded wait for a condition, and a check whether a process exists.
import Foundation
import OffstagePrograms
import OffstageSystem
import Synchronization

/// Records the events of a run.
final class Recorder: Sendable {
    private let kept = Mutex<[ProgramEvent]>([])

    var events: [ProgramEvent] { kept.withLock { $0 } }

    /// Records an event.
    func take(_ event: ProgramEvent) { kept.withLock { $0.append(event) } }

    /// The lines of standard error so far.
    var errorLines: [String] {
        events.compactMap { event in
            if case .errorLine(let line) = event { line } else { nil }
        }
    }

    /// The messages about bad reports on descriptor 3 so far.
    var badReports: [String] {
        events.compactMap { event in
            if case .badReport(let reason) = event { reason } else { nil }
        }
    }

    /// Waits until a line of standard error begins with a word and a number, and returns the number.
    func number(after word: String) async -> Int32? {
        var found: Int32?
        await eventually {
            found =
                self.errorLines.compactMap { line in
                    let parts = line.split(separator: " ")
                    return parts.first == Substring(word) && parts.count > 1 ? Int32(parts[1]) : nil
                }.first
            return found != nil
        }
        return found
    }
}

/// Polls a condition until it holds, for 20 seconds at most. Returns whether it holds.
@discardableResult
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

/// Whether a process exists and has not ended.
func isAlive(_ process: Int32) -> Bool {
    guard kill(process, 0) == 0 else { return false }
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return !stat.split(separator: ")").last!.hasPrefix(" Z")
}

/// The environment that the programs of all tests inherit.
let testEnvironment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"]

/// Makes a program from a shell line.
func program(_ line: String, grace: Duration = .seconds(5), watcher: ProgramWatcher? = nil) throws -> Program {
    Program(
        ProgramCommand(line, environment: testEnvironment), watcher: try watcher ?? ProgramWatcher(), grace: grace)
}

/// Runs a shell line until it ends.
func run(_ line: String, input: String = "{}", recorder: Recorder = Recorder()) async throws -> ProgramEnd {
    try await program(line).run(input: Array(input.utf8), events: { recorder.take($0) })
}
