// Why a connection does not stand. What time may heal lets calls wait for it; of what somebody has to put right calls
// are told at once.

/// A connection that could not be made, or that broke.
struct WireFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is to be done about it.
    enum Kind: Sendable, Hashable {
        /// Nobody there, or gone: try again.
        case unreachable
        /// There, and has no time for us: a long script, for one.
        case busy
        /// There, and will not have us: a wrong password, a certificate.
        case refused
    }

    /// What is to be done about it.
    let kind: Kind
    /// One line that begins with the address.
    let description: String

    static func unreachable(_ text: String) -> WireFailure { WireFailure(kind: .unreachable, description: text) }
    static func busy(_ text: String) -> WireFailure { WireFailure(kind: .busy, description: text) }
    static func refused(_ text: String) -> WireFailure { WireFailure(kind: .refused, description: text) }
}
