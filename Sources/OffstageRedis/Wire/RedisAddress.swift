// The address of one server. It is a value, so a cluster's nodes can be compared and looked up by it.

/// A host and port, or the path of a socket.
enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    case host(String, port: Int)
    case unix(String)

    /// Its form in errors and logs; IPv6 is in brackets.
    var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
