// One HTTP request over its own socket, on a thread that may block. Foundation's client on Linux does not accept
// chromedriver's responses.

import Foundation
import RedisServers

enum HTTPCall {
    /// Sends a request to a port of 127.0.0.1 and returns the body. The request may take one minute at most.
    static func body(_ method: String, port: Int, path: String, json: [UInt8]) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(method, port, path, json) })
            }
        }
    }

    private static func exchange(_ method: String, _ port: Int, _ path: String, _ json: [UInt8]) throws -> [UInt8] {
        let descriptor = try LoopbackSocket.connected(to: .tcp(port), within: .seconds(60))
        defer { close(descriptor) }
        let head = """
            \(method) \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Connection: close\r
            Content-Type: application/json\r
            Content-Length: \(json.count)\r
            \r\n
            """
        guard LoopbackSocket.writeAll(Array(head.utf8) + json, to: descriptor) else {
            throw BrowserError(description: "\(method) \(path): nobody reads it")
        }
        var answer = Data()
        while true {
            if let end = answer.range(of: Data("\r\n\r\n".utf8)) {
                let body = answer[end.upperBound...]
                if let length = length(answer[..<end.lowerBound]), body.count >= length {
                    return [UInt8](body.prefix(length))
                }
            }
            guard let more = LoopbackSocket.readSome(64 << 10, from: descriptor) else {
                throw BrowserError(description: "\(method) \(path): the answer is cut off after \(answer.count) bytes")
            }
            answer += more
        }
    }

    private static func length(_ head: Data) -> Int? {
        let lines = String(decoding: head, as: UTF8.self).lowercased().split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix("content-length:") }
        return line.flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
    }
}
