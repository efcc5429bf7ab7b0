// The few socket calls of the probe and the proxy, on blocking sockets: both use dedicated threads.
import Foundation
import OffstageSystem

/// The address of a server.
public enum RedisAddress: Sendable, Hashable {
    /// A port on 127.0.0.1.
    case tcp(Int)
    /// A socket file.
    case unix(String)
}

/// Blocking sockets of this machine.
package enum LoopbackSocket {
    #if os(Linux)
        private static let stream = Int32(SOCK_STREAM.rawValue)
        private static let noSignal = Int32(MSG_NOSIGNAL)
    #else
        private static let stream = SOCK_STREAM
        private static let noSignal: Int32 = 0
    #endif

    /// Returns a listening socket on 127.0.0.1; port 0 takes any free port. Throws `ServerError`.
    static func listening(on port: Int) throws -> Int32 {
        let descriptor = try make(AF_INET)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        let bound = withInternet(port) { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 128) == 0 else { throw closing(descriptor, "port \(port)") }
        return descriptor
    }

    /// The port to which a socket is bound.
    static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Returns a connected socket whose connect, reads and writes each wait no longer than the bound. Throws
    /// `ServerError`.
    package static func connected(to address: RedisAddress, within bound: Duration) throws -> Int32 {
        switch address {
        case .tcp(let port):
            let descriptor = try make(AF_INET)
            setBound(bound, on: descriptor)
            var yes: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
            let done = withInternet(port) { connect(descriptor, $0, $1) }
            guard done == 0 else { throw closing(descriptor, "127.0.0.1:\(port)") }
            return descriptor
        case .unix(let path):
            let descriptor = try make(AF_UNIX)
            setBound(bound, on: descriptor)
            let done = withFile(path) { connect(descriptor, $0, $1) }
            guard done == 0 else { throw closing(descriptor, path) }
            return descriptor
        }
    }

    /// Limits the duration of each read and write.
    static func setBound(_ bound: Duration, on descriptor: Int32) {
        let parts = bound.components
        var time = timeval()
        time.tv_sec = numericCast(parts.seconds)
        time.tv_usec = numericCast(parts.attoseconds / 1_000_000_000_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Writes all bytes. Returns false if the peer has disconnected or does not accept them in time.
    package static func writeAll(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, noSignal) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest.removeFirst(count)
        }
        return true
    }

    /// Reads the available bytes, at least one. Returns nil at the end, on an error, or when the bound has passed.
    package static func readSome(_ limit: Int, from descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    private static func make(_ family: Int32) throws -> Int32 {
        let descriptor = socket(family, stream, 0)
        guard descriptor >= 0 else { throw ServerError("no socket: \(LibC.reason(errno))") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func closing(_ descriptor: Int32, _ place: String) -> ServerError {
        let reason = LibC.reason(errno)
        close(descriptor)
        return ServerError("\(place): \(reason)")
    }

    private static func withInternet<Result>(
        _ port: Int, _ act: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                act($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func withFile<Result>(
        _ path: String, _ act: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: path.utf8.prefix(place.count - 1))
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                act($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
