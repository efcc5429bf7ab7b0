// The C library, under one name. No other file imports it: differences in how systems spell a call are handled here.
#if canImport(Glibc)
    @_exported import Glibc
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Darwin
#endif

/// Calls whose names clash with methods of ours, or that systems declare with different types.
package enum LibC {
    #if canImport(Glibc)
        /// The type of a stream socket.
        package static let streamSocket = Int32(SOCK_STREAM.rawValue)
        /// A limit's kind, for `getrlimit` and `setrlimit`.
        package typealias LimitKind = __rlimit_resource_t
        /// The limit on a file's size.
        package static let fileSizeLimit = LimitKind(RLIMIT_FSIZE.rawValue)
        /// The limit on a process's memory for data.
        package static let dataLimit = LimitKind(RLIMIT_DATA.rawValue)
    #else
        /// The type of a stream socket.
        package static let streamSocket = SOCK_STREAM
        /// A limit's kind, for `getrlimit` and `setrlimit`.
        package typealias LimitKind = Int32
        /// The limit on a file's size.
        package static let fileSizeLimit = RLIMIT_FSIZE
        /// The limit on a process's memory for data.
        package static let dataLimit = RLIMIT_DATA
    #endif

    /// open(2) for a file that exists.
    package static func open(_ path: String, _ flags: Int32) -> Int32 { systemOpen(path, flags, 0) }

    /// open(2) for a file that may have to be created, with its permissions.
    package static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { systemOpen(path, flags, mode) }

    /// read(2)
    package static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        systemRead(descriptor, buffer, count)
    }

    /// write(2)
    package static func write(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
        systemWrite(descriptor, buffer, count)
    }

    /// close(2)
    @discardableResult
    package static func close(_ descriptor: Int32) -> Int32 { systemClose(descriptor) }

    /// access(2)
    package static func access(_ path: String, _ rights: Int32) -> Int32 { systemAccess(path, rights) }

    /// kill(2)
    @discardableResult
    package static func kill(_ process: pid_t, _ signal: Int32) -> Int32 { systemKill(process, signal) }

    /// poll(2) on one descriptor.
    package static func poll(_ entry: inout pollfd, milliseconds: Int32) -> Int32 {
        systemPoll(&entry, 1, milliseconds)
    }

    /// connect(2)
    package static func connect(_ descriptor: Int32, _ name: UnsafePointer<sockaddr>?, _ length: socklen_t) -> Int32 {
        systemConnect(descriptor, name, length)
    }

    /// Returns the system's text for an errno value.
    package static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}

// Outside the type, where a bare name is the C function.
private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemAccess(_ path: String, _ rights: Int32) -> Int32 { access(path, rights) }
private func systemKill(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }
private func systemPoll(_ entries: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ milliseconds: Int32) -> Int32 {
    poll(entries, count, milliseconds)
}
private func systemConnect(_ descriptor: Int32, _ name: UnsafePointer<sockaddr>?, _ length: socklen_t) -> Int32 {
    connect(descriptor, name, length)
}
