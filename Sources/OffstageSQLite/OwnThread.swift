// A thread of our own for calls that block: SQLite, file locks, futexes. Swift's cooperative pool has one thread a
// core and none to spare.
import CSystem
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum OwnThread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread that runs `body`; all signals are blocked in it, so that they reach the program's own
    /// threads.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        defer { pthread_attr_destroy(&attributes) }
        let box = Unmanaged.passRetained(
            Box {
                offstage_name_thread(name)
                body()
            }
        ).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        var code = pthread_create(&thread, &attributes, offstageThreadMain, box)
        // A machine that is short of threads now may have one soon; nothing can be done without.
        while code == EAGAIN {
            _ = poll(nil, 0, 100)
            code = pthread_create(&thread, &attributes, offstageThreadMain, box)
        }
        precondition(code == 0, "the system gives no thread: \(String(cString: strerror(code)))")
    }

    fileprivate static func run(_ pointer: UnsafeMutableRawPointer) {
        Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
    }
}

#if canImport(Darwin)
    private func offstageThreadMain(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        OwnThread.run(pointer)
        return nil
    }
#else
    private func offstageThreadMain(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let pointer { OwnThread.run(pointer) }
        return nil
    }
#endif

extension DispatchSemaphore {
    /// Waits for the one signal of a thread that has ended, without holding up the caller's thread.
    func waited() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.wait()
                self.signal()
                continuation.resume()
            }
        }
    }
}
