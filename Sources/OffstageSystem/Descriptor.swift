// Reads and writes non-blocking descriptors, and turns errno into cases. An interrupted call is repeated.
import CSystem

/// The result of a read or a write.
package enum Transfer: Sendable, Equatable {
    /// This many bytes were moved.
    case moved(Int)
    /// Nothing can be moved at the moment.
    case blocked
    /// Nothing will ever be moved again: the end of the input, or no reader left to write to.
    case over
}

/// Calls on descriptors.
package enum Descriptor {
    /// Reads what is available, at most `limit` bytes or the size of the buffer.
    package static func read(_ descriptor: Int32, into buffer: inout [UInt8], limit: Int = .max) -> Transfer {
        buffer.withUnsafeMutableBytes { read(descriptor, into: $0, limit: limit) }
    }

    /// Reads what is available into memory of the caller, at most `limit` bytes or the size of that memory.
    package static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, limit: Int = .max
    ) -> Transfer {
        while true {
            let count = LibC.read(descriptor, buffer.baseAddress, min(limit, buffer.count))
            if let transfer = transfer(count) { return count == 0 ? .over : transfer }
        }
    }

    /// Writes as much as the descriptor takes.
    @discardableResult
    package static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Transfer {
        bytes.withUnsafeBytes { write($0, to: descriptor) }
    }

    /// Writes one byte. It allocates nothing, because every wake-up of a thread uses it.
    @discardableResult
    package static func writeByte(_ byte: UInt8, to descriptor: Int32) -> Transfer {
        withUnsafeBytes(of: byte) { write($0, to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Transfer {
        while true {
            if let transfer = transfer(LibC.write(descriptor, bytes.baseAddress, bytes.count)) { return transfer }
        }
    }

    /// Closes a descriptor; a negative number is ignored.
    package static func close(_ descriptor: Int32) {
        if descriptor >= 0 { LibC.close(descriptor) }
    }

    /// Sleeps on the calling thread until one of the descriptors is ready or the time has passed; a negative time means
    /// no limit.
    package static func wait(for watched: inout [pollfd], milliseconds: Int32) {
        _ = poll(&watched, nfds_t(watched.count), milliseconds)
    }

    /// Sleeps on the calling thread until a descriptor can be read or the time has passed; a negative time means no
    /// limit.
    package static func waitToRead(_ descriptor: Int32, milliseconds: Int32 = -1) {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = LibC.poll(&watched, milliseconds: milliseconds)
    }

    /// Creates a pipe whose ends are non-blocking and closed on exec.
    package static func pipe() throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: (read: Int32, write: Int32) = (-1, -1)
        let problem = offstage_pipe(&ends.read, &ends.write)
        guard problem == 0 else { throw SystemError(number: problem) }
        return ends
    }

    /// Returns nil if the call was interrupted and must be repeated.
    private static func transfer(_ count: Int) -> Transfer? {
        if count >= 0 { return .moved(count) }
        switch errno {
        case EINTR: return nil
        case EAGAIN: return .blocked
        default: return .over
        }
    }
}

/// A call that the system refused.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The errno value.
    package let number: Int32

    /// Creates an error.
    package init(number: Int32) { self.number = number }

    /// The system's description of the error.
    package var description: String { LibC.reason(number) }
}
