// Servers that accept only TLS, and their users: who may log in, and what they may access.

/// Certificates of a server, and what it requires of its clients.
public struct RedisTLS: Sendable {
    /// Whether a client needs a certificate.
    public enum Clients: String, Sendable {
        /// A certificate is required.
        case yes
        /// A certificate is verified if there is one.
        case optional
        /// Certificates are ignored.
        case no
    }

    /// The server's own certificate.
    public var server: Certificates.Pair
    /// What the server requires of clients.
    public var clients: Clients
    /// All certificates, which stay on disk as long as these settings exist.
    public let certificates: Certificates

    /// Creates the settings of a server for `localhost` and 127.0.0.1 or, if misnamed, for another host.
    public init(_ certificates: Certificates, clients: Clients = .optional, isMisnamed: Bool = false) {
        self.certificates = certificates
        self.clients = clients
        server = isMisnamed ? certificates.misnamed : certificates.server
    }

    func lines(port: Int) -> [String] {
        [
            "port 0", "tls-port \(port)", "tls-cert-file \(server.certificate)", "tls-key-file \(server.key)",
            "tls-ca-cert-file \(certificates.authority)", "tls-auth-clients \(clients.rawValue)",
            "tls-replication yes", "tls-cluster yes",
        ]
    }
}

extension RedisSettings {
    /// An ACL rule for a user with all rights, with the name `app` and the password `secret`.
    public static let app = "app on >secret ~* &* +@all"

    /// Returns an ACL rule for a user who may access only one namespace's keys and channels, and run what a store
    /// needs.
    public static func user(_ name: String, _ password: String, ofNamespace namespace: String) -> String {
        let keys = "{\(namespace).*"
        return "\(name) on >\(password) resetchannels ~\(keys) &\(keys) +@all -@dangerous +info +role +config|get"
    }
}

extension RedisServer {
    /// Starts a server that accepts only TLS. Only the user `app` with the password `secret` can log in, unless the
    /// settings name other users. Throws `ServerError`.
    public static func tls(_ tls: RedisTLS, _ settings: RedisSettings = RedisSettings()) async throws -> RedisServer {
        var settings = settings
        settings.tls = tls
        if settings.users.isEmpty { settings.users = ["default off", RedisSettings.app] }
        return try await start(settings)
    }

    /// Runs redis-cli against the server's port with additional arguments and returns its output. Throws `ServerError`
    /// if it fails.
    public func client(_ arguments: [String]) async throws -> String {
        try await Tool.client.run(["-h", "127.0.0.1", "-p", "\(port)"] + arguments, in: folder)
    }
}
