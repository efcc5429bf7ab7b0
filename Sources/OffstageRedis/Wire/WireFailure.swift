// Why there is no connection. Calls wait if time may solve the problem. If a person has to correct it, they fail at
// once.

/// A connection that could not be made, or that broke.
struct WireFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What to do about it.
    enum Kind: Sendable, Hashable {
        /// The server is not reachable, or the connection broke: try again.
        case unreachable
        /// The server is there but has no time, for example because of a long script.
        case busy
        /// The server is there but refuses the connection, for example because of a wrong password or a certificate.
        case refused
    }

    /// What to do about it.
    let kind: Kind
    /// One line that begins with the address.
    let description: String

    static func unreachable(_ text: String) -> WireFailure { WireFailure(kind: .unreachable, description: text) }
    static func busy(_ text: String) -> WireFailure { WireFailure(kind: .busy, description: text) }
    static func refused(_ text: String) -> WireFailure { WireFailure(kind: .refused, description: text) }
}
