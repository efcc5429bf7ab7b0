// Sockets in the file system, for this user only. A socket address holds about a hundred bytes, and folders can be
// deeper than that, so on Linux the folder is opened and named by its descriptor. The kernel reports who has connected.
import OffstageCore
import OffstageSystem

/// Stream sockets with a path.
enum UnixSocket {
    /// Listens at a path and replaces what an earlier process left there. Only this user can connect.
    static func listen(_ path: String) throws(ComponentError) -> Int32 {
        unlink(path)
        let descriptor = try make()
        let before = umask(0o177)
        let isBound = withAddress(path) { bind(descriptor, $0, $1) } == 0
        umask(before)
        guard isBound, listenOn(descriptor) == 0 else {
            let reason = LibC.reason(errno)
            _ = close(descriptor)
            throw ComponentError("cannot listen at \(Names.quoted(path)): \(reason)")
        }
        return descriptor
    }

    /// Connects; nil if no process listens there.
    static func connect(_ path: String) throws(ComponentError) -> Int32? {
        let descriptor = try make()
        if withAddress(path, { connectTo(descriptor, $0, $1) }) == 0 { return descriptor }
        _ = close(descriptor)
        return nil
    }

    /// Returns whether the other end belongs to this user or to root.
    static func isOurs(_ descriptor: Int32) -> Bool {
        #if canImport(Darwin)
            var user = uid_t()
            var group = gid_t()
            return getpeereid(descriptor, &user, &group) == 0 && (user == geteuid() || user == 0)
        #else
            var facts = [UInt32](repeating: .max, count: 3)
            var length = socklen_t(12)
            // struct ucred contains the process, the user and the group, 32 bits each.
            guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &facts, &length) == 0 else { return false }
            return facts[1] == geteuid() || facts[1] == 0
        #endif
    }

    private static func make() throws(ComponentError) -> Int32 {
        let descriptor = socket(AF_UNIX, LibC.streamSocket, 0)
        guard descriptor >= 0 else { throw ComponentError("cannot make a socket: \(LibC.reason(errno))") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        var short = path
        var folder: Int32 = -1
        defer { if folder >= 0 { _ = close(folder) } }
        if path.utf8.count > room, let slash = path.lastIndex(of: "/") {
            folder = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            short = "/proc/self/fd/\(folder)\(path[slash...])"
        }
        guard short.utf8.count <= room else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

// Members of these names hide the C functions.
private func listenOn(_ descriptor: Int32) -> Int32 { listen(descriptor, 16) }

private func connectTo(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
