// Ports for servers. They are below the range that the kernel assigns to outgoing connections. A port within that range
// could be assigned while its server is down for a restart, even to a client that tries to reach that same port and so
// connects to itself. Another process may still take a port first; then the server is started on another one.
import Foundation

/// Free ports of the loopback interface.
package enum FreePort {
    private static let range = 12_000..<32_000

    /// Returns a port on 127.0.0.1 that was free a moment ago. If `distances` are given, the ports at these distances
    /// were free too.
    package static func take(with distances: [Int] = []) throws -> Int {
        for _ in 0..<500 {
            let port = Int.random(in: range)
            if ([0] + distances).allSatisfy({ isFree(port + $0) }) { return port }
        }
        throw ServerError("no free port on 127.0.0.1 between \(range.lowerBound) and \(range.upperBound)")
    }

    private static func isFree(_ port: Int) -> Bool {
        guard let descriptor = try? LoopbackSocket.listening(on: port) else { return false }
        close(descriptor)
        return true
    }
}
