// The few calls on descriptors and processes that the watcher's thread makes, with errno turned into answers. All
// descriptors here are non-blocking, and the thread blocks SIGPIPE.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a read or a write came to.
enum Transfer: Equatable {
    /// So many bytes.
    case moved(Int)
    /// Nothing now.
    case blocked
    /// Nothing ever again: the end of a read, or nobody to write for.
    case over
}

/// Calls on descriptors and processes.
enum Descriptors {
    /// Reads what is there into the buffer.
    static func read(_ descriptor: Int32, into buffer: inout [UInt8], limit: Int) -> Transfer {
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    Glibc.read(descriptor, bytes.baseAddress, min(limit, bytes.count))
                #elseif canImport(Musl)
                    Musl.read(descriptor, bytes.baseAddress, min(limit, bytes.count))
                #else
                    Darwin.read(descriptor, bytes.baseAddress, min(limit, bytes.count))
                #endif
            }
            if let transfer = transfer(count) { return count == 0 ? .over : transfer }
        }
    }

    /// Writes as much as is taken.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Transfer {
        while true {
            let count = bytes.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                    Musl.write(descriptor, bytes.baseAddress, bytes.count)
                #else
                    Darwin.write(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if let transfer = transfer(count) { return transfer }
        }
    }

    /// Closes a descriptor and forgets it.
    static func close(_ descriptor: inout Int32) {
        guard descriptor >= 0 else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
        descriptor = -1
    }

    /// Sleeps until one of them has something, or for so many milliseconds; negative means without end.
    static func wait(for watched: inout [pollfd], milliseconds: Int32) {
        _ = poll(&watched, nfds_t(watched.count), milliseconds)
    }

    /// Kills every process of a group; a group that is gone is no error.
    static func killGroup(_ group: Int32) {
        if group > 1 { _ = kill(-group, SIGKILL) }
    }

    /// Kills one process.
    static func killProcess(_ process: Int32) {
        if process > 1 { _ = kill(process, SIGKILL) }
    }

    /// Takes the body of a child that has ended; answers whether nothing is left to take.
    static func reap(_ child: Int32) -> Bool {
        var status: Int32 = 0
        return waitpid(child, &status, WNOHANG) != 0
    }

    /// The words for an errno value.
    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }

    /// Nil if the call was interrupted and has to be made again.
    private static func transfer(_ count: Int) -> Transfer? {
        if count >= 0 { return .moved(count) }
        switch errno {
        case EINTR: return nil
        case EAGAIN: return .blocked
        default: return .over
        }
    }
}
