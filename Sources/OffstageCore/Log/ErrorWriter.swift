// Writes to standard error even if the reader may have stopped reading; the writing thread must continue in any case.
// The writer waits for a slow reader, so that nothing is lost. After the reader has taken nothing for a second, the
// writer expects nothing more until there is room again. A write can still block in one case: another process's write
// takes the room first, and the kernel has no non-blocking writes.
import CSystem
import OffstageSystem

/// Writes to a descriptor without being blocked by its reader.
package struct ErrorWriter: Sendable {
    /// A pipe that has room at all takes this many bytes without waiting.
    private static let piece = 4096

    private let descriptor: Int32
    /// How long one text may wait in total, in milliseconds.
    private let patience: Int32
    private var isStalled = false
    private var dropped = 0

    /// Creates a writer whose texts wait for at most `patience` milliseconds.
    package init(_ descriptor: Int32, patience: Int32 = 1000) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// Writes a text, or drops what finds no room. When there is room again, it writes the line that `report` makes
    /// from the number of dropped bytes.
    package mutating func write(_ bytes: some Collection<UInt8>, report: (Int) -> String) {
        guard !bytes.isEmpty else { return }
        guard hasRoom(within: isStalled ? 0 : patience) else {
            isStalled = true
            dropped += bytes.count
            return
        }
        isStalled = false
        if dropped > 0 {
            dropped = put(Array("\n\(report(dropped))\n".utf8)) == 0 ? 0 : dropped
        }
        dropped += put(Array(bytes))
    }

    /// Writes a short text if that needs no waiting and nothing was dropped before it. Returns whether it was written.
    package mutating func writeNow(_ bytes: some Collection<UInt8>) -> Bool {
        // Up to this size a pipe takes all or nothing.
        guard !isStalled, dropped == 0, bytes.count <= Self.piece else { return false }
        let count = Array(bytes).withUnsafeBytes { offstage_write_now(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { return false }
        // A socket or a full disk may take less.
        if count < bytes.count { dropped += put(Array(bytes.dropFirst(Int(count)))) }
        return true
    }

    /// Returns how many bytes found no room.
    private mutating func put(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        var waits = patience
        while !rest.isEmpty {
            guard hasRoom(within: patience), waits > 0 else {
                isStalled = true
                return rest.count
            }
            let part = rest.prefix(Self.piece)
            var count = part.withUnsafeBytes { offstage_write_now(descriptor, $0.baseAddress, $0.count) }
            if count == Int64(-EOPNOTSUPP) { count = Self.plainWrite(part, to: descriptor) }
            switch count {
            case 0...: rest.removeFirst(Int(count))
            case Int64(-EAGAIN):
                // Another write took the room.
                _ = poll(nil, 0, 1)
                waits -= 1
            default:
                // No reader is left, so nothing is lost.
                return 0
            }
        }
        return 0
    }

    private static func plainWrite(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int64 {
        let count = bytes.withUnsafeBytes { bytes in
            LibC.write(descriptor, bytes.baseAddress, bytes.count)
        }
        if count >= 0 { return Int64(count) }
        return errno == EINTR || errno == EAGAIN ? Int64(-EAGAIN) : Int64(-errno)
    }

    private func hasRoom(within limit: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&watched, 1, limit) != 0
    }
}
