// Calls that may block, each on a thread of its own: connecting, reading a control socket. They are few and short; the
// cooperative pool must not wait for them.
import CSystem

/// A call of a blocking function on a fresh thread.
enum OwnThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a function on a thread that nobody joins; answers whether there is one.
    @discardableResult
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(body))
        guard offstage_thread_start(ownThreadMain, context.toOpaque()) == 0 else {
            context.release()
            return false
        }
        return true
    }

    /// Runs a function on a thread of its own and waits for it; nil if there is no thread to be had.
    static func call<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            guard start({ continuation.resume(returning: body()) }) else {
                continuation.resume(returning: nil)
                return
            }
        }
    }

    fileprivate static func enter(_ context: UnsafeMutableRawPointer) {
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    }
}

// Named and global: a closure would inherit the isolation of where it is written.
private nonisolated func ownThreadMain(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    offstage_block_signals()
    OwnThread.enter(context)
}
