// Threads for calls that block: SQLite, file locks, sockets, name servers, child processes. Swift's cooperative pool
// has one thread per core and none to spare.
import CSystem
package import Dispatch

/// Detached threads, which are never joined.
package enum SystemThread {
    private final class Body: Sendable {
        let name: String?
        let run: @Sendable () -> Void

        init(_ name: String?, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that runs a function.
    ///
    /// The thread's name is cut to 15 bytes. Signals are blocked in it, so that they reach the program's own threads,
    /// and so that a write to a closed socket fails with EPIPE instead of ending the process. Pass `blocksSignals:
    /// false` if the function may start programs, because these inherit the blocked signals.
    ///
    /// Returns 0, or the errno value if the system cannot provide a thread.
    @discardableResult
    package static func start(
        name: String? = nil, blocksSignals: Bool = true, _ run: @escaping @Sendable () -> Void
    ) -> Int32 {
        let body = Unmanaged.passRetained(Body(name, run))
        // The thread inherits what is blocked here, so no signal can reach it before it has blocked them itself.
        var previous = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &previous)
        if blocksSignals { offstage_block_signals() }
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        let code = offstage_thread_start(systemThreadMain, body.toOpaque())
        if code != 0 { body.release() }
        return code
    }

    /// Starts a thread without which the program cannot continue. If the machine is short of threads, this waits on the
    /// calling thread until one can be started.
    package static func startEventually(_ name: String, _ run: @escaping @Sendable () -> Void) {
        var code = start(name: name, run)
        while code == EAGAIN {
            _ = poll(nil, 0, 100)
            code = start(name: name, run)
        }
        precondition(code == 0, "the system gives no thread: \(LibC.reason(code))")
    }

    /// Runs a blocking function on a dedicated thread. Returns nil if the system cannot provide a thread.
    package static func call<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            if start({ continuation.resume(returning: body()) }) != 0 { continuation.resume(returning: nil) }
        }
    }

    fileprivate static func enter(_ context: UnsafeMutableRawPointer) {
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        if let name = body.name { offstage_name_thread(name) }
        body.run()
    }
}

// Named and global: a closure would inherit the isolation of where it is written.
private nonisolated func systemThreadMain(_ context: UnsafeMutableRawPointer?) {
    if let context { SystemThread.enter(context) }
}

extension DispatchSemaphore {
    /// Waits for the one signal of a thread that has ended, without blocking the caller's thread.
    package func waited() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.wait()
                self.signal()
                continuation.resume()
            }
        }
    }
}
