// Reads and writes lines over a socket, with limits on length and time, on a thread that may block.

import OffstageSystem

/// Reads and writes lines.
enum SocketLine {
    /// Reads a line of at most `limit` bytes, and returns it without its line end; nil if it does not arrive completely
    /// in time. `left` returns the milliseconds that remain; a negative number means no limit.
    static func read(_ descriptor: Int32, limit: Int, left: () -> Int32 = { -1 }) -> [UInt8]? {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while line.count <= limit {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let patience = left()
            // Without this, a byte that has already arrived would win one more round, again and again.
            guard patience != 0 else { return nil }
            let ready = poll(&watched, 1, patience)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = receive(descriptor, &buffer)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return nil }
            if let end = buffer[..<count].firstIndex(of: 0x0A) { return line + buffer[..<end] }
            line += buffer[..<count]
        }
        return nil
    }

    /// Writes all bytes. Returns false if the other side accepts nothing for ten seconds.
    @discardableResult
    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&watched, 1, 10_000) <= 0 { return false }
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    #if canImport(Darwin)
        private static let flags = MSG_DONTWAIT
    #else
        private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    #endif
}

// A member named `read` hides the C function.
private func receive(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
