// A thread of the wire's own: sockets are waited for there, and name servers, which may take a minute, and never on
// Swift's cooperative pool. Signals are blocked in it: they belong to the program, and a write to a closed socket
// must answer EPIPE and not end the process.
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum WireThread {
    private final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread; its name is cut at 15 bytes.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(name, body)).toOpaque()
        var code = offstage_thread_start(wireThreadMain, box)
        // A machine that is short of threads now may have one soon; nothing can be done without.
        while code == EAGAIN {
            _ = poll(nil, 0, 100)
            code = offstage_thread_start(wireThreadMain, box)
        }
        precondition(code == 0, "the system gives no thread: error \(code)")
    }

    fileprivate static func run(_ pointer: UnsafeMutableRawPointer) {
        offstage_block_signals()
        let box = Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue()
        offstage_name_thread(box.name)
        box.body()
    }
}

private func wireThreadMain(_ pointer: UnsafeMutableRawPointer?) {
    if let pointer { WireThread.run(pointer) }
}
