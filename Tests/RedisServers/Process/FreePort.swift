// Ports for servers. They are taken from below the range that the kernel gives to outgoing connections: a port from
// inside it could be given away while its server is down for a restart, even to a client that tries to reach that very
// port and so connects to itself. Somebody else may still be quicker; who starts a server then takes another.
import Foundation

/// Free ports of the loopback interface.
package enum FreePort {
    private static let range = 12_000..<32_000

    /// A port on 127.0.0.1 that was free a moment ago, and with it, if asked for, the ports at these distances.
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
