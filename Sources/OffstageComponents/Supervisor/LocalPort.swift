// Ports of this machine: finds a free one, and checks whether a server listens or answers. Connections use loopback,
// where they succeed or fail at once.
import CSystem
import OffstageCore
import OffstageSystem

/// Queries about TCP ports of this machine.
enum LocalPort {
    /// Returns a port that is free now: the requested one if possible.
    static func free(wished: Int? = nil) throws(ComponentError) -> Int {
        if let wished, wished > 0, isFree(wished) { return wished }
        guard let port = bound(0) else { throw ComponentError("no free port on this machine") }
        return port
    }

    /// Returns whether a loopback port is free to listen on.
    private static func isFree(_ port: Int) -> Bool { bound(port) != nil }

    /// Returns the errno value of an attempt to listen on a port; 0 if it is possible. An empty address means all of
    /// this machine's. A host name is not looked up and gives 0.
    static func problem(_ port: Int, at address: String) -> Int32 {
        let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
        let plain = isBracketed ? String(address.dropFirst().dropLast()) : address
        let numeric = ["": "0.0.0.0", "*": "0.0.0.0", "localhost": "127.0.0.1"][plain] ?? plain
        var older = sockaddr_in()
        if inet_pton(AF_INET, numeric, &older.sin_addr) == 1 {
            older.sin_family = sa_family_t(AF_INET)
            older.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
            return listening(&older, AF_INET) { _ in }
        }
        var newer = sockaddr_in6()
        guard inet_pton(AF_INET6, numeric, &newer.sin6_addr) == 1 else { return 0 }
        newer.sin6_family = sa_family_t(AF_INET6)
        newer.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
        return listening(&newer, AF_INET6) { _ in }
    }

    /// Whether this machine has IPv6 addresses.
    static var hasNewerAddresses: Bool { problem(0, at: "::") == 0 }

    /// Returns whether a server accepts connections on either loopback address. Blocks for at most a second each.
    static func isListening(_ port: Int) -> Bool {
        guard let connection = connect(port) else { return false }
        _ = close(connection)
        return true
    }

    /// Sends bytes and returns the beginning of the answer; nil if there is none within a second.
    static func ask(_ port: Int, _ question: [UInt8]) -> [UInt8]? {
        guard let connection = connect(port) else { return nil }
        defer { _ = close(connection) }
        guard write(connection, question, question.count) == question.count else { return nil }
        var watched = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, 1000) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = read(connection, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func bound(_ port: Int) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var taken = sockaddr_in()
        let problem = listening(&address, AF_INET) { descriptor in
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &taken) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            }
        }
        return problem == 0 ? Int(in_port_t(bigEndian: taken.sin_port)) : nil
    }

    /// Listens at an address while the body runs. Returns 0 or an errno value.
    private static func listening<Address>(_ address: inout Address, _ family: Int32, _ body: (Int32) -> Void) -> Int32
    {
        let descriptor = socket(family, streamType | closeOnExec, 0)
        guard descriptor >= 0 else { return errno }
        defer { _ = close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let length = socklen_t(MemoryLayout<Address>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound, listen(descriptor, 1) == 0 else { return errno }
        body(descriptor)
        return 0
    }

    private static func connect(_ port: Int) -> Int32? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        if let connection = connect(&address, AF_INET) { return connection }
        var newer = sockaddr_in6()
        newer.sin6_family = sa_family_t(AF_INET6)
        newer.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
        newer.sin6_addr = in6addr_loopback
        return connect(&newer, AF_INET6)
    }

    private static func connect<Address>(_ address: inout Address, _ family: Int32) -> Int32? {
        let descriptor = socket(family, streamType | closeOnExec, 0)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let length = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connectDescriptor(descriptor, $0, length) }
        }
        if result == 0 { return descriptor }
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if errno == EINPROGRESS, poll(&watched, 1, 1000) == 1 {
            var problem: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
            if problem == 0 { return descriptor }
        }
        _ = close(descriptor)
        return nil
    }

    #if canImport(Darwin)
        private static let streamType = SOCK_STREAM
        private static let closeOnExec: Int32 = 0
    #elseif canImport(Musl)
        private static let streamType = SOCK_STREAM
        private static let closeOnExec = SOCK_CLOEXEC
    #else
        private static let streamType = Int32(SOCK_STREAM.rawValue)
        private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
    #endif
}

// A member named `connect` hides the C function.
private func connectDescriptor(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
