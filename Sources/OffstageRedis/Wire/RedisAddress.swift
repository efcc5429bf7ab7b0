// Where one server listens. It is a value, so that a cluster's nodes can be told apart and looked up by it.

/// A host and port, or the path of a socket.
enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    case host(String, port: Int)
    case unix(String)

    /// As errors and logs name it; IPv6 in brackets.
    var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
