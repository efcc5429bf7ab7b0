// Writes to standard error for a reader who may have stopped reading: whoever writes must go on all the same. A slow
// reader is waited for, so that nothing is lost to it; from one that takes nothing for a second nothing more is
// expected until there is room again. Only a write of ours that another process's overtakes can still wait, and only
// where the kernel has no writes that do not.
import CSystem
import OffstageSystem

/// Writes to a descriptor without being held up by it.
package struct ErrorWriter: Sendable {
    /// A pipe that has room at all takes so many bytes without waiting.
    private static let piece = 4096

    private let descriptor: Int32
    /// How long one text may wait in all, in milliseconds.
    private let patience: Int32
    private var isStalled = false
    private var dropped = 0

    /// Creates a writer whose texts wait for at most `patience` milliseconds.
    package init(_ descriptor: Int32, patience: Int32 = 1000) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// Writes a text, or drops what does not find room. How many bytes that was is reported, in the words that `report`
    /// makes of the number, when there is room.
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

    /// Writes a short text if that needs no waiting and nothing was dropped before it; returns whether it did.
    package mutating func writeNow(_ bytes: some Collection<UInt8>) -> Bool {
        // Up to this size a pipe takes all or nothing.
        guard !isStalled, dropped == 0, bytes.count <= Self.piece else { return false }
        let count = Array(bytes).withUnsafeBytes { offstage_write_now(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { return false }
        // A socket or a disk that is full may take less.
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
                // Somebody else's write took the room.
                _ = poll(nil, 0, 1)
                waits -= 1
            default:
                // Nobody can read it any more: nobody misses it.
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
