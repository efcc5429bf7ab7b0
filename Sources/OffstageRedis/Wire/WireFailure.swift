// Why a connection does not stand. Two kinds: what time may heal, so that calls wait for it, and what somebody has to
// put right, so that calls are told at once.

/// A connection that could not be made, or that broke.
struct WireFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is to be done about it.
    enum Kind: Sendable, Hashable {
        /// Nobody there, or gone: try again.
        case unreachable
        /// There, and will not have us: a wrong password, a certificate.
        case refused
    }

    /// What is to be done about it.
    let kind: Kind
    /// One line that begins with the address.
    let description: String

    static func unreachable(_ text: String) -> WireFailure { WireFailure(kind: .unreachable, description: text) }
    static func refused(_ text: String) -> WireFailure { WireFailure(kind: .refused, description: text) }
}
