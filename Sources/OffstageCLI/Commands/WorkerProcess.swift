// What `work` asks of its surroundings before it begins: that threads and descriptors suffice, since Swift's runtime
// traps or waits without end where a thread is refused, and that somebody reaps orphans if this is process 1.
import CSystem
import OffstageCore
import OffstageSystem

/// The process that works.
enum WorkerProcess {
    /// What the store, the worker and the log take beside one thread for each processor.
    private static let threads = 12
    /// A program's keeper, its shell, and what the shell runs.
    private static let processes = 3
    /// What a running program takes: its input, output, errors, reports, life and status.
    private static let descriptorsEach: UInt64 = 6
    /// What everything else takes, and the start of a program for a moment.
    private static let descriptorsBeside: UInt64 = 64

    /// As process 1 of a container, starts this program once more as a child and does nothing but reap orphans and pass
    /// signals on, and ends the process when the child has ended. Otherwise it returns at once.
    static func serveAsInit(_ context: CommandContext) throws(CommandFailure) {
        guard isInit else { return }
        let variables = context.environment.map { "\($0.key)=\($0.value)" }
        // Nothing else runs in this process, so its threads may wait.
        let status = OwnProgram.withWords(CommandLine.arguments) { arguments in
            OwnProgram.withWords(variables) { offstage_serve_as_init(OwnProgram.path, arguments, $0) }
        }
        if status >= 0 { exit(status) }
        throw CommandFailure("process 1 cannot start its worker: \(LibC.reason(-status))")
    }

    private static var isInit: Bool {
        #if os(Linux)
            getpid() == 1
        #else
            false
        #endif
    }

    /// Raises the limit of descriptors, and warns if it is too low for as many programs as may run at a time.
    static func prepare(_ context: CommandContext, concurrency: Int, log: any Log) throws {
        offstage_raise_open_files()
        guard hasPrograms(context) else { return }
        let needed = UInt64(concurrency) * descriptorsEach + descriptorsBeside
        let limit = offstage_open_files_limit()
        guard limit < needed else { return }
        log(
            .warning,
            "the limit of open descriptors is too low for so many programs at once: raise it (ulimit -n), or lower"
                + " --concurrency",
            ["limit": "\(limit)", "needed": "\(needed)", "concurrency": "\(concurrency)"])
    }

    /// Throws one line if this user may not have as many processes and threads as a worker needs.
    static func checkThreads(_ context: CommandContext) throws(CommandFailure) {
        let count = Int(offstage_processors()) + threads + (hasPrograms(context) ? processes : 0)
        let problem = offstage_try_threads(Int32(count))
        guard problem != 0 else { return }
        let limit = offstage_process_limit()
        let shown = limit == .max ? "" : ", of which this user may have \(limit) (ulimit -u)"
        throw CommandFailure(
            "a worker needs \(count) more threads and processes\(shown): \(LibC.reason(problem))")
    }

    private static func hasPrograms(_ context: CommandContext) -> Bool {
        context.invocation.text("handlers") != nil || !context.invocation.texts("handler").isEmpty
    }
}
