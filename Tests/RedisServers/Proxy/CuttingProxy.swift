// A wire that a test can cut. Bytes go through it as they are, on threads of its own, until the test says where to cut:
// after so many bytes of the server's answers, and so in the middle of one, or of the client's commands, and so with
// half a command sent. It can also stall, as a network does that loses everything, and refuse, as a host does that has
// nobody at the port.

/// A TCP proxy on 127.0.0.1 that cuts, stalls and refuses when told to.
public final class CuttingProxy: Sendable {
    /// Which way bytes go.
    public enum Way: Sendable, CaseIterable {
        /// Commands.
        case fromClient
        /// Answers.
        case fromServer
    }

    /// Its port on 127.0.0.1.
    public let port: Int
    private let core: ProxyCore

    /// Opens a proxy in front of a server. Throws ServerError.
    public init(to server: RedisAddress) throws {
        core = ProxyCore(to: server)
        port = try Self.open(core)
    }

    /// Somebody may take a port that was free a moment ago; then another will do.
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

    /// A plain URL that leads through it.
    public var url: String { "redis://127.0.0.1:\(port)/0" }
    /// The number of connections it ever took.
    public var accepted: Int { core.facts.accepted }
    /// The number of connections it has now.
    public var connections: Int { core.facts.connections }
    /// The number of connections it has cut at a byte or at once.
    public var cuts: Int { core.facts.cuts }
    /// The number of bytes that went through it.
    public func bytes(_ way: Way) -> Int { core.facts.bytes[way] ?? 0 }

    /// Cuts the connection that carries the byte after the next `count` of a way, counted over all connections, just
    /// before that byte; once. A count of 0 cuts before the next byte.
    public func cut(after count: Int, _ way: Way) { core.setBudget(count, way) }

    /// Cuts all connections now.
    public func cutAll() { core.cutAll() }

    /// Lets no byte through in either way, until `flow`; connections are still taken.
    public func stall() { core.setStalled(true) }

    /// Lets bytes through again, those that were held back first.
    public func flow() { core.setStalled(false) }

    /// Closes the port: new connections are refused, those there stay.
    public func refuse() { core.close() }

    /// Opens the port again. Throws ServerError.
    public func accept() throws { try core.open(port) }
}
