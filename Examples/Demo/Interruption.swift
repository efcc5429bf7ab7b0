// Ctrl-C, SIGTERM and the end of a life line, each passed on to ordinary code, so that nothing is cleaned up in a
// signal handler. The signals have real handlers and are not ignored, because an ignored signal would stay ignored in
// the programs that the director starts.

import Foundation

enum Interruption {
    /// The two ends of a pipe that carries signal numbers out of the handler.
    private static let pipe: (read: Int32, write: Int32) = {
        let pipe = Pipe()
        return (dup(pipe.fileHandleForReading.fileDescriptor), dup(pipe.fileHandleForWriting.fileDescriptor))
    }()

    /// Yields the number of each SIGINT or SIGTERM; from now on these no longer end the process by themselves.
    nonisolated static func signals() -> AsyncStream<Int32> {
        let (stream, report) = AsyncStream.makeStream(of: Int32.self)
        let descriptor = pipe.read
        for number in [SIGINT, SIGTERM] { signal(number, passOn) }
        Thread.detachNewThread {
            var number: UInt8 = 0
            while read(descriptor, &number, 1) == 1 { report.yield(Int32(number)) }
        }
        return stream
    }

    /// Calls `react` once standard input has ended, from a dedicated thread.
    nonisolated static func onEndOfInput(_ react: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
            react()
        }
    }

    fileprivate static func write(_ number: Int32) {
        var byte = UInt8(truncatingIfNeeded: number)
        _ = Foundation.write(pipe.write, &byte, 1)
    }
}

/// The signal handler: one system call, on a pipe that was made before the handler was installed.
private nonisolated func passOn(_ number: Int32) {
    Interruption.write(number)
}
