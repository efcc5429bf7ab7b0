// One blocking connection of the probe, which writes a command and reads the reply.
import Foundation

/// A connection; only the probe's queue may use it.
final class ProbeConnection {
    private let descriptor: Int32
    private var rest: ArraySlice<UInt8> = []

    init(to address: RedisAddress, within bound: Duration) throws {
        descriptor = try LoopbackSocket.connected(to: address, within: bound)
    }

    deinit { close(descriptor) }

    /// Sends a command and reads its reply. Throws `RedisReplyError`, or `ServerError` if the connection cannot be used
    /// any more.
    func ask(_ words: [[UInt8]], within bound: Duration) throws -> RedisReply {
        LoopbackSocket.setBound(bound, on: descriptor)
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
        guard LoopbackSocket.writeAll(bytes, to: descriptor) else { throw ServerError("the command was not taken") }
        let reply = try next()
        if case .error(let line) = reply { throw RedisReplyError(description: line) }
        return reply
    }

    /// Reads one reply, or one message that the server pushes.
    func next() throws -> RedisReply {
        let line = try self.line()
        let head = line.dropFirst()
        switch line.first {
        case "+": return .bytes(Array(head.utf8))
        case "-": return .error(String(head))
        case ":": return .integer(Int(head) ?? 0)
        case "$":
            guard let count = Int(head), count >= 0 else { return .null }
            let bytes = try take(count + 2)
            return .bytes(Array(bytes.dropLast(2)))
        case "*":
            guard let count = Int(head), count >= 0 else { return .null }
            return .array(try (0..<count).map { _ in try next() })
        default: throw ServerError("an answer that is none: \(line.prefix(80))")
        }
    }

    private func line() throws -> String {
        var length: Int?
        while true {
            length = rest.firstIndex(of: 10).map { $0 - rest.startIndex + 1 }
            if let length { return String(decoding: try take(length).dropLast(2), as: UTF8.self) }
            try more()
        }
    }

    private func take(_ count: Int) throws -> ArraySlice<UInt8> {
        while rest.count < count { try more() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private func more() throws {
        guard let bytes = LoopbackSocket.readSome(65_536, from: descriptor) else {
            throw ServerError(errno == EAGAIN ? "no answer in time" : "the connection was closed")
        }
        rest = Array(rest + bytes)[...]
    }
}
