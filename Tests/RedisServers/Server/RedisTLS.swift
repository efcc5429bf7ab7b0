// The part of a server's settings that concerns TLS.

/// Certificates of a server, and what it asks of its clients.
public struct RedisTLS: Sendable {
    /// Whether a client needs a certificate.
    public enum Clients: String, Sendable {
        /// It needs one.
        case yes
        /// One is looked at if it is there.
        case optional
        /// None is looked at.
        case no
    }

    /// The server's certificate, a PEM file.
    public var certificate: String
    /// Its key.
    public var key: String
    /// The authority that signed it, and the clients'.
    public var authority: String
    /// What is asked of clients.
    public var clients: Clients

    func lines(port: Int) -> [String] {
        [
            "port 0", "tls-port \(port)", "tls-cert-file \(certificate)", "tls-key-file \(key)",
            "tls-ca-cert-file \(authority)", "tls-auth-clients \(clients.rawValue)",
        ]
    }
}
