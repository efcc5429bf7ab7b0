// Ports of this machine: finding a free one, and asking whether somebody listens or answers. All over loopback, where a
// connection comes about at once or not at all.
import CSystem
import OffstageCore
import OffstageSystem

/// Questions about TCP ports of this machine.
enum LocalPort {
    /// A port that is free now; the one wished for if it is.
    static func free(wished: Int? = nil) throws(ComponentError) -> Int {
        if let wished, wished > 0, isFree(wished) { return wished }
        guard let port = bound(0) else { throw ComponentError("no free port on this machine") }
        return port
    }

    /// Whether a port of loopback can be listened at.
    private static func isFree(_ port: Int) -> Bool { bound(port) != nil }

    /// Why a port cannot be listened at, as an errno value; 0 if it can. No address stands for all of this machine's,
    /// and a name is not looked up: it is answered 0.
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

    /// Whether this machine has addresses of IPv6.
    static var hasNewerAddresses: Bool { problem(0, at: "::") == 0 }

    /// Whether somebody accepts connections, on either loopback address. Blocks for a second at most.
    static func isListening(_ port: Int) -> Bool {
        guard let connection = connect(port) else { return false }
        _ = close(connection)
        return true
    }

    /// Sends bytes and reads the beginning of the answer; nil if there is none within a second.
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

    /// Listens at an address for as long as the body takes; answers 0 or an errno value.
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
