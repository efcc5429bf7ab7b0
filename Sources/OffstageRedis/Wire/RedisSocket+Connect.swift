// Making a connection: the name is resolved, each of its addresses is tried in turn until one accepts, and the TLS
// handshake is done. All of this blocks, up to a deadline on the machine's monotonic clock, so it runs on a separate
// thread.
import COpenSSL
import CSystem
import OffstageSystem

extension RedisSocket {
    /// Connects, until `deadline` in nanoseconds of the monotonic clock.
    static func connect(to address: RedisAddress, tls: TLSContext?, deadline: Int64) throws -> RedisSocket {
        switch address {
        case .unix(let path):
            let descriptor = try connectUnix(path, address, deadline)
            return RedisSocket(address: address, descriptor: descriptor, ssl: nil)
        case .host(let host, let port):
            let descriptor = try connectHost(host, port, address, deadline)
            guard let tls else { return RedisSocket(address: address, descriptor: descriptor, ssl: nil) }
            guard let ssl = tls.session(on: descriptor, host: host, isAddress: isAddress(host)) else {
                close(descriptor)
                throw WireFailure.refused("\(address): TLS cannot be set up for this host name")
            }
            let socket = RedisSocket(address: address, descriptor: descriptor, ssl: ssl)
            while let step = socket.handshake() {
                switch step {
                case .wait(let events):
                    try socket.wait(events, deadline, "the TLS handshake (does it speak TLS at all?)")
                case .broken(let failure): throw failure
                case .ended, .moved:
                    throw WireFailure.unreachable("\(address): it ended the connection in the TLS handshake")
                }
            }
            return socket
        }
    }

    /// Waits for events until the deadline. Throws when the deadline passes.
    func wait(_ events: Int16, _ deadline: Int64, _ what: String) throws {
        guard try Self.poll(descriptor, events, deadline, address) else {
            throw WireFailure.unreachable("\(address): no answer in time to \(what)")
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    /// Polls one descriptor. Returns false if the deadline passes first.
    private static func poll(
        _ descriptor: Int32, _ events: Int16, _ deadline: Int64, _ address: RedisAddress
    ) throws -> Bool {
        while true {
            let rest = deadline - offstage_monotonic_ns()
            guard rest > 0 else { return false }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let code = LibC.poll(&entry, milliseconds: Int32(clamping: rest / 1_000_000 + 1))
            if code > 0 { return true }
            guard code == 0 || errno == EINTR else { throw failure(address, errno) }
        }
    }

    private static func failure(_ address: RedisAddress, _ number: Int32) -> WireFailure {
        .unreachable("\(address): \(LibC.reason(number))")
    }

    private static func connectUnix(_ path: String, _ address: RedisAddress, _ deadline: Int64) throws -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard path.utf8.count < room else { throw WireFailure.refused("\(address): the path is too long") }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        return try withUnsafeBytes(of: &name) { bytes in
            try connect(
                family: AF_UNIX, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t(bytes.count), address, deadline)
        }
    }

    private static func connectHost(
        _ host: String, _ port: Int, _ address: RedisAddress, _ deadline: Int64
    ) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = LibC.streamSocket
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list else {
            throw WireFailure.unreachable("\(address): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(first) }
        let all = Array(sequence(first: first) { $0.pointee.ai_next })
        var last: any Error = WireFailure.unreachable("\(address): the name has no address")
        for (index, entry) in all.enumerated() {
            // The remaining time is divided among the remaining addresses.
            let now = offstage_monotonic_ns()
            let share = now + max(0, deadline - now) / Int64(all.count - index)
            do {
                return try connect(
                    family: entry.pointee.ai_family, entry.pointee.ai_addr, entry.pointee.ai_addrlen, address, share)
            } catch { last = error }
        }
        throw last
    }

    private static func connect(
        family: Int32, _ name: UnsafePointer<sockaddr>?, _ length: socklen_t, _ address: RedisAddress,
        _ deadline: Int64
    ) throws -> Int32 {
        let descriptor = socket(family, LibC.streamSocket, 0)
        guard descriptor >= 0 else { throw failure(address, errno) }
        do {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
                throw failure(address, errno)
            }
            if family != AF_UNIX { tune(descriptor) }
            let code = LibC.connect(descriptor, name, length)
            if code != 0 {
                guard errno == EINPROGRESS else { throw failure(address, errno) }
                guard try poll(descriptor, Int16(POLLOUT), deadline, address) else {
                    throw WireFailure.unreachable("\(address): the connection was not taken in time")
                }
                var number: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
                guard number == 0 else { throw failure(address, number) }
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Makes small writes go out at once, and a server that vanished silently be detected within two minutes.
    private static func tune(_ descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        #if canImport(Darwin)
            set(Int32(IPPROTO_TCP), TCP_KEEPALIVE, 30)
        #else
            set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        #endif
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 6)
    }
}
