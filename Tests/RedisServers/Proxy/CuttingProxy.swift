// A connection that a test can cut. Bytes pass through unchanged, on dedicated threads, until the test requests a cut:
// after N bytes of the server's replies, and so in the middle of one, or of the client's commands, and so with half a
// command sent. The proxy can also stall, like a network that loses everything, and refuse, like a host without a
// listener on the port.

/// A TCP proxy on 127.0.0.1 that cuts, stalls and refuses on request.
public final class CuttingProxy: Sendable {
    /// The direction of bytes.
    public enum Way: Sendable, CaseIterable {
        /// Commands, from the client to the server.
        case fromClient
        /// Replies, from the server to the client.
        case fromServer
    }

    /// Its port on 127.0.0.1.
    public let port: Int
    private let core: ProxyCore

    /// Opens a proxy in front of a server. Throws `ServerError`.
    public init(to server: RedisAddress) throws {
        core = ProxyCore(to: server)
        port = try Self.open(core)
    }

    /// Opens the proxy on a free port. Another process may take a port that was free a moment ago; then the next one is
    /// tried.
    private static func open(_ core: ProxyCore) throws -> Int {
        for _ in 0..<20 {
            let port = try FreePort.take()
            do {
                try core.open(port)
                return port
            } catch { continue }
        }
        let port = try FreePort.take()
        try core.open(port)
        return port
    }

    deinit { core.end() }

    /// A plain URL of the server through the proxy.
    public var url: String { "redis://127.0.0.1:\(port)/0" }
    /// The number of connections accepted so far.
    public var accepted: Int { core.facts.accepted }
    /// The number of open connections.
    public var connections: Int { core.facts.connections }
    /// The number of connections cut so far, at a byte or at once.
    public var cuts: Int { core.facts.cuts }
    /// The number of bytes passed in a direction so far.
    public func bytes(_ way: Way) -> Int { core.facts.bytes[way] ?? 0 }

    /// Cuts a connection once, just before it carries the byte after the next `count` bytes in a direction. The bytes
    /// are counted over all connections. A count of 0 cuts before the next byte.
    public func cut(after count: Int, _ way: Way) { core.setBudget(count, way) }

    /// Cuts all connections at once.
    public func cutAll() { core.cutAll() }

    /// Holds back all bytes in both directions until `flow`. New connections are still accepted.
    public func stall() { core.setStalled(true) }

    /// Lets bytes through again, those that were held back first.
    public func flow() { core.setStalled(false) }

    /// Closes the port: new connections are refused, open ones stay.
    public func refuse() { core.close() }

    /// Opens the port again. Throws `ServerError`.
    public func accept() throws { try core.open(port) }
}
