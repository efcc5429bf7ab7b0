// The two sockets of a proxied connection, and the proxy's open port. Several threads use these descriptors, and the
// last of them must close each exactly once.
import Foundation
import Synchronization

/// A client's and a server's socket, which are cut together.
final class ProxyLink: Sendable {
    private struct State {
        var users = 2
        var isCut = false
    }

    private let client: Int32
    private let server: Int32
    private let state = Mutex(State())

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    var isCut: Bool { state.withLock { $0.isCut } }

    func ends(_ way: CuttingProxy.Way) -> (source: Int32, sink: Int32) {
        switch way {
        case .fromClient: (client, server)
        case .fromServer: (server, client)
        }
    }

    /// Shuts down both sides, which wakes the threads that read them.
    func cut() {
        state.withLock { state in
            guard !state.isCut, state.users > 0 else { return }
            state.isCut = true
            for end in [client, server] { shutdown(end, Int32(SHUT_RDWR)) }
        }
    }

    /// Releases one thread's use. The second call closes the sockets and returns true.
    func release() -> Bool {
        state.withLock { state in
            state.users -= 1
            guard state.users == 0 else { return false }
            for end in [client, server] { close(end) }
            return true
        }
    }
}

/// A port that accepts connections until it is closed.
final class ProxyDoor: Sendable {
    private let descriptor: Mutex<Int32>

    init(_ port: Int) throws { descriptor = Mutex(try LoopbackSocket.listening(on: port)) }

    deinit { close() }

    /// Accepts connections on the calling thread until the port is closed.
    func take(_ act: (Int32) -> Void) {
        while true {
            // Accepts under the lock, without waiting, so that the descriptor cannot be another file's by then.
            let taken: Int32? = descriptor.withLock { door in
                guard door >= 0 else { return nil }
                var ready = pollfd(fd: door, events: Int16(POLLIN), revents: 0)
                return poll(&ready, 1, 0) > 0 ? accept(door, nil, nil) : -1
            }
            guard let taken else { return }
            if taken >= 0 {
                _ = fcntl(taken, F_SETFD, FD_CLOEXEC)
                var yes: Int32 = 1
                setsockopt(taken, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
                act(taken)
            } else {
                _ = poll(nil, 0, 1)
            }
        }
    }

    /// Closes the port.
    func close() {
        descriptor.withLock { door in
            if door >= 0 { _ = Foundation.close(door) }
            door = -1
        }
    }
}
