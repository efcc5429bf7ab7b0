// Writes what children said to the foreman's own standard error, for a reader who may have stopped reading: deaths
// must be reported all the same. A slow reader is waited for, so that nothing is lost to it and children are slowed
// down as on a terminal; from one that takes nothing for a second nothing more is expected until there is room again.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes to a descriptor without being held up by it.
struct ErrorWriter {
    /// A pipe that has room at all takes so many bytes without waiting.
    private static let piece = 4096

    private let descriptor: Int32
    /// How long one text may wait in all, in milliseconds.
    private let patience: Int32
    private var isStalled = false
    private var dropped = 0

    init(_ descriptor: Int32, patience: Int32 = 1000) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// Writes a text, or drops what does not find room; how much that was is told when there is room.
    mutating func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        guard hasRoom(within: isStalled ? 0 : patience) else {
            isStalled = true
            dropped += bytes.count
            return
        }
        isStalled = false
        if dropped > 0 {
            let text = "\n(\(dropped) bytes of the worker processes' standard error were dropped: nobody read them)\n"
            dropped = put(Array(text.utf8)) == 0 ? 0 : dropped
        }
        dropped += put(bytes)
    }

    /// Answers how many bytes found no room.
    private mutating func put(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard hasRoom(within: patience) else {
                isStalled = true
                return rest.count
            }
            let count = Descriptor.write(rest.prefix(Self.piece), to: descriptor)
            // Nobody can read it any more: nobody misses it.
            guard let count else { return 0 }
            rest.removeFirst(count)
        }
        return 0
    }

    private func hasRoom(within limit: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&watched, 1, limit) != 0
    }
}
