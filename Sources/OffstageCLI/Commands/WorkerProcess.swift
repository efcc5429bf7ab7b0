// What `work` checks before it begins. Threads and descriptors must suffice, because Swift's runtime traps or hangs
// when it cannot create a thread. Orphans must be reaped if this is process 1.
import CSystem
import OffstageCore
import OffstageSystem

/// The process of a worker.
enum WorkerProcess {
    /// The threads of the store, the worker and the log, in addition to one for each processor.
    private static let threads = 12
    /// The processes of one program: its keeper, its shell, and the shell's child.
    private static let processes = 3
    /// The descriptors of one running program: input, output, errors, reports, life and status.
    private static let descriptorsEach: UInt64 = 6
    /// The descriptors for everything else, including those that starting a program takes for a moment.
    private static let descriptorsBeside: UInt64 = 64

    /// Acts as init if this is process 1 of a container: starts this program again as a child, reaps orphans, passes
    /// signals on, and exits when the child has ended. Otherwise returns at once.
    static func serveAsInit(_ context: CommandContext) throws(CommandFailure) {
        guard isInit else { return }
        let variables = context.environment.map { "\($0.key)=\($0.value)" }
        // Nothing else runs in this process, so its threads may block.
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

    /// Raises the descriptor limit, and warns if it is too low for the number of programs that may run at once.
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

    /// Throws a one-line error if this user may not have as many processes and threads as a worker needs.
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
