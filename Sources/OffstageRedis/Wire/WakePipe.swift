// How a thread that sleeps in poll() is woken: a byte in a pipe. Callers write one only while the thread sleeps, so
// under load no byte is ever written.
import CSystem
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A pipe that one thread polls and others poke.
final class WakePipe: Sendable {
    /// What the thread polls for reading.
    let reading: Int32
    private let writing: Int32

    init() {
        var reading: Int32 = -1
        var writing: Int32 = -1
        let code = offstage_pipe(&reading, &writing)
        precondition(code == 0, "the system gives no pipe: error \(code)")
        self.reading = reading
        self.writing = writing
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Wakes the thread. A full pipe wakes it as well.
    func poke() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Sleeps on the calling thread, until poked or until the time is over.
    func sleep(for duration: Duration) {
        var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, Int32(clamping: duration.microseconds / 1000))
    }

    /// Takes out what was poked.
    func drain() {
        var bytes: UInt64 = 0
        while read(reading, &bytes, 8) == 8 {}
    }
}
