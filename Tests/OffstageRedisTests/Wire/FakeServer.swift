// A server that misbehaves as told: it sends the replies that a closure returns, byte for byte, and ends connections in
// the middle of a reply.
import Foundation
import Testing

/// Listens on a loopback port and serves one connection after the other.
final class FakeServer: Sendable {
    enum Answer {
        case bytes(String)
        /// Sends this and ends the connection.
        case last(String)
        case nothing
    }

    let port: Int
    private let listener: Int32

    /// Starts a server. `answer` gets the number of the connection, from 0, and the bytes that arrived in one piece.
    init(_ answer: @escaping @Sendable (Int, String) -> Answer) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutableBytes(of: &name) { bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                && getsockname(listener, pointer, &size) == 0
        }
        try #require(isBound)
        port = Int(UInt16(bigEndian: name.sin_port))
        Thread.detachNewThread {
            var number = 0
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                let own = number
                number += 1
                Thread.detachNewThread { Self.serve(peer, own, answer) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ peer: Int32, _ number: Int, _ answer: (Int, String) -> Answer) {
        defer { close(peer) }
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(peer, &room, room.count, 0)
            guard count > 0 else { return }
            let text: String
            var isLast = false
            switch answer(number, String(decoding: room[..<count], as: UTF8.self)) {
            case .bytes(let bytes): text = bytes
            case .last(let bytes): (text, isLast) = (bytes, true)
            case .nothing: continue
            }
            let bytes = Array(text.utf8)
            _ = Foundation.send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            if isLast { return }
        }
    }
}
