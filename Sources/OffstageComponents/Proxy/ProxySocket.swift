// HAProxy's runtime socket: one line of commands, one answer, and the end of the connection.

import OffstageSystem

/// Talks to HAProxy's runtime socket.
enum ProxySocket {
    /// Sends commands and returns the answer; nil if there is none within two seconds. Blocks meanwhile.
    static func ask(_ path: String, _ command: String) -> String? {
        guard let connection = try? UnixSocket.connect(path) else { return nil }
        defer { _ = close(connection) }
        guard SocketLine.write(connection, Array("\(command)\n".utf8)) else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while answer.count < 4 << 20 {
            var watched = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 2000) > 0 else { return nil }
            let count = read(connection, &buffer, buffer.count)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
