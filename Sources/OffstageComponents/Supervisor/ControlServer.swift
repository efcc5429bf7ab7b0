// Answers at the control socket. A thread accepts, one thread a connection reads its line and writes the answer;
// there are at most sixteen at once. Only this user (and root) is heard: the socket's mode keeps others out, and the
// kernel is asked as well who is there. Confined workers are this user too, and Landlock lets them connect; so each
// request must bear the token that lies beside the socket in a file, which they cannot read.
import CSystem
package import OffstageCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The server at an app's control socket.
package final class ControlServer: Sendable {
    private static let mostConnections = 16

    private let descriptor: Int32
    private let path: String
    private let token = Secret.make()
    private let connections = Mutex(0)
    private let answer: @Sendable (ControlRequest) async -> [UInt8]

    /// Listens at an app's control socket, in place of a stale one; `answer` gives the line for each request.
    package init(
        _ folders: AppFolders, answer: @escaping @Sendable (ControlRequest) async -> [UInt8]
    ) throws(ComponentError) {
        path = folders.control
        self.answer = answer
        try SmallFile.write(token, to: folders.token)
        descriptor = try UnixSocket.listen(path)
        guard OwnThread.start({ [self] in accept() }) else { throw ComponentError("cannot start a thread") }
    }

    /// Takes no more connections, takes the socket away, and waits a second at most for answers on their way.
    package func stop(time: any TimeSource) async {
        unlink(path)
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        for _ in 0..<100 where connections.withLock({ $0 > 0 }) { try? await time.sleep(for: .milliseconds(10)) }
    }

    private func accept() {
        while true {
            let connection = acceptOn(descriptor)
            if connection < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                guard errno == EMFILE || errno == ENFILE || errno == ENOMEM else { break }
                var nothing = pollfd(fd: -1, events: 0, revents: 0)
                _ = poll(&nothing, 1, 100)
                continue
            }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            let mayCome =
                UnixSocket.isOurs(connection)
                && connections.withLock { count in
                    guard count < Self.mostConnections else { return false }
                    count += 1
                    return true
                }
            if !mayCome || !OwnThread.start({ [self] in serve(connection) }) { _ = close(connection) }
        }
        _ = close(descriptor)
    }

    private func serve(_ connection: Int32) {
        guard let line = SocketLine.read(connection, limit: ControlRequest.mostBytes, milliseconds: 5000) else {
            finish(connection)
            return
        }
        Task {
            var reply: [UInt8]
            do throws(ComponentError) {
                reply = await answer(try ControlRequest(line: line, token: token))
            } catch {
                reply = ControlReply.failure(error.description)
            }
            reply.append(0x0A)
            let bytes = reply
            OwnThread.start { [self] in
                SocketLine.write(connection, bytes)
                finish(connection)
            }
        }
    }

    private func finish(_ connection: Int32) {
        _ = close(connection)
        connections.withLock { $0 -= 1 }
    }
}

// A member named `accept` hides the C function.
private func acceptOn(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
