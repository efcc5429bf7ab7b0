// Serves the control socket. One thread accepts; for each connection one thread reads the line and another writes the
// reply. At most sixteen lines are read at once, for a few seconds each. Queued changes have their own limit, so a list
// or a stop can always be requested. Only this user and root are served: the socket's mode keeps others out, and the
// kernel reports who has connected. Confined workers run as this user, and Landlock lets them connect. So each request
// must contain the token from the file beside the socket, which workers cannot read.
import CSystem
package import OffstageCore
import OffstageSystem
import Synchronization

/// The server of an app's control socket.
package final class ControlServer: Sendable {
    private static let mostUnread = 16
    private static let mostChanges = 64

    private struct Load {
        var open = 0
        var unread = 0
        var changes = 0
    }

    private let descriptor: Int32
    private let path: String
    private let token = Secret.make()
    private let time: any TimeSource
    private let patience: Duration
    private let load = Mutex(Load())
    private let answer: @Sendable (ControlRequest) async -> [UInt8]

    /// Listens at an app's control socket and replaces a stale one. `answer` returns the reply line for each request,
    /// which must arrive within `patience`. Throws if it cannot listen.
    package init(
        _ folders: AppFolders, time: any TimeSource, patience: Duration = .seconds(5),
        answer: @escaping @Sendable (ControlRequest) async -> [UInt8]
    ) throws(ComponentError) {
        path = folders.control
        self.time = time
        self.patience = patience
        self.answer = answer
        try SmallFile.write(token, to: folders.token)
        descriptor = try UnixSocket.listen(path)
        guard SystemThread.start({ [self] in accept() }) == 0 else {
            throw ComponentError("cannot start a thread")
        }
    }

    /// Accepts no more connections, removes the socket, and waits at most a second for pending replies.
    package func stop() async {
        unlink(path)
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        for _ in 0..<100 where load.withLock({ $0.open > 0 }) { try? await time.sleep(for: .milliseconds(10)) }
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
            if UnixSocket.isOurs(connection) { take(connection) } else { _ = close(connection) }
        }
        _ = close(descriptor)
    }

    private func take(_ connection: Int32) {
        let hasRoom = load.withLock { load in
            load.open += 1
            load.unread += 1
            return load.unread <= Self.mostUnread
        }
        if hasRoom, SystemThread.start({ [self] in serve(connection) }) == 0 { return }
        load.withLock { $0.unread -= 1 }
        // A line of this length always fits into a new socket's buffer.
        SocketLine.write(connection, Self.busy + [0x0A])
        finish(connection)
    }

    private func serve(_ connection: Int32) {
        let deadline = time.monotonicMicroseconds() + patience.microseconds
        let line = SocketLine.read(connection, limit: ControlRequest.mostBytes) {
            Int32(max(0, deadline - time.monotonicMicroseconds()) / 1000)
        }
        load.withLock { $0.unread -= 1 }
        guard let line else { return finish(connection) }
        Task {
            let bytes = await reply(to: line) + [0x0A]
            let problem = SystemThread.start { [self] in
                SocketLine.write(connection, bytes)
                finish(connection)
            }
            if problem != 0 { finish(connection) }
        }
    }

    private func reply(to line: [UInt8]) async -> [UInt8] {
        do throws(ComponentError) {
            let request = try ControlRequest(line: line, token: token)
            guard request.isChange else { return await answer(request) }
            let hasRoom = load.withLock { load in
                load.changes += 1
                return load.changes <= Self.mostChanges
            }
            defer { load.withLock { $0.changes -= 1 } }
            return hasRoom ? await answer(request) : Self.busy
        } catch {
            return ControlReply.failure(error.description)
        }
    }

    private static let busy = ControlReply.failure("busy: too much is asked of offstage up at once; try again")

    private func finish(_ connection: Int32) {
        _ = close(connection)
        load.withLock { $0.open -= 1 }
    }
}

// A member named `accept` hides the C function.
private func acceptOn(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
