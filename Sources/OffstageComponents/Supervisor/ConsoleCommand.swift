// Runs a command in the foreground of this console, as a shell would: in the same session and group, so that it can
// read the terminal and gets Ctrl-C. Signals sent to this process alone are passed on.
import OffstageSystem
import Synchronization

/// A command that shares this process's terminal.
package final class ConsoleCommand: Sendable {
    // Nil before it starts and after it is reaped; only in between is the process id certain to be its own.
    private let pid = Mutex<pid_t?>(nil)

    /// Creates a command that has not been started.
    package init() {}

    /// Runs the command and returns its exit status as a shell would report it; 127 if it could not be started.
    package func run(_ launch: ComponentLaunch) async -> Int32 {
        await SystemThread.call { self.spawn(launch) } ?? 127
    }

    /// Sends it a signal while it runs.
    package func signal(_ number: Int32) {
        pid.withLock { if let pid = $0 { _ = kill(pid, number) } }
    }

    private func spawn(_ launch: ComponentLaunch) -> Int32 {
        let words = CStrings([launch.program] + launch.arguments)
        let variables = CStrings(launch.environment.map { "\($0.key)=\($0.value)" })
        defer { withExtendedLifetime((words, variables)) {} }
        #if canImport(Darwin)
            var attributes: posix_spawnattr_t?
        #else
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This thread blocks every signal and this process ignores SIGPIPE; the command must inherit neither.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var ordinary = sigset_t()
        sigemptyset(&ordinary)
        sigaddset(&ordinary, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &ordinary)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        guard let list = words.pointers.baseAddress, let environment = variables.pointers.baseAddress,
            posix_spawn(&child, launch.program, nil, &attributes, list, environment) == 0
        else { return 127 }
        pid.withLock { $0 = child }
        var facts = siginfo_t()
        while waitid(P_PID, id_t(child), &facts, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        pid.withLock { $0 = nil }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
