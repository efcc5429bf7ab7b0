// Starts a process directly: posix_spawn with three pipes, and all signals at their defaults. Foundation's Process
// reaps children in the background, but these tests must know whether a process id is still theirs.
import Foundation
import OffstageSystem

/// A pipe whose ends no other child process inherits.
struct StandardPipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildError("no pipe: \(LibC.reason(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }
}

enum Spawn {
    static func start(
        _ program: String, _ arguments: [String], input: Int32, output: Int32, errors: Int32
    ) throws -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (from, to) in [(input, Int32(0)), (output, 1), (errors, 2)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        var none = sigset_t()
        var usual = sigset_t()
        sigemptyset(&none)
        sigemptyset(&usual)
        for signal in [SIGTERM, SIGINT, SIGTSTP, SIGPIPE, SIGHUP, SIGCHLD] { sigaddset(&usual, signal) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, &words, environ)
        guard code == 0 else { throw ChildError("\(program) cannot be started: \(LibC.reason(code))") }
        return pid
    }
}

/// The kernel's state of a process.
enum ProcessState {
    /// Returns the state's letter: R, S, D, T (stopped), Z; nil if there is no such process or the system does not
    /// provide it.
    static func of(_ pid: Int32) -> String? {
        #if os(Linux)
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            return text[text.index(after: end)...].split(separator: " ").first.map(String.init)
        #else
            var info = proc_bsdinfo()
            let size = Int32(MemoryLayout<proc_bsdinfo>.size)
            guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size else { return nil }
            return info.pbi_status == UInt32(SSTOP) ? "T" : "S"
        #endif
    }
}

/// The reason why a child process failed.
public struct ChildError: Error, CustomStringConvertible {
    /// The reason, in one line.
    public let description: String
    init(_ description: String) { self.description = description }
}
