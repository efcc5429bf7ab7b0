// What `work` asks of its surroundings before it begins: that threads and descriptors suffice, since Swift's runtime
// traps or waits without end where a thread is refused, and that somebody reaps orphans if this is process 1.
import CSystem
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
        let status = withWords(CommandLine.arguments) { arguments in
            withWords(variables) { offstage_serve_as_init(program, arguments, $0) }
        }
        if status >= 0 { exit(status) }
        throw CommandFailure("process 1 cannot start its worker: \(String(cString: strerror(-status)))")
    }

    private static var isInit: Bool {
        #if os(Linux)
            getpid() == 1
        #else
            false
        #endif
    }

    /// This program's file, by its name if it still has one, so that the child is called like the parent.
    private static var program: String {
        var name = [CChar](repeating: 0, count: 4096)
        var facts = stat()
        guard readlink("/proc/self/exe", &name, name.count - 1) > 0, stat(name, &facts) == 0 else {
            return "/proc/self/exe"
        }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func withWords(
        _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let copies = words.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return -EINVAL }
            return body(start)
        }
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
            "a worker needs \(count) more threads and processes\(shown): \(String(cString: strerror(problem)))")
    }

    private static func hasPrograms(_ context: CommandContext) -> Bool {
        context.invocation.text("handlers") != nil || !context.invocation.texts("handler").isEmpty
    }
}
