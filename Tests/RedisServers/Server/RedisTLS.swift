// Servers that speak TLS only, and users: who may enter, and what they may touch.

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

    /// The server's own certificate.
    public var server: Certificates.Pair
    /// What is asked of clients.
    public var clients: Clients
    /// All certificates, which stay on disk as long as these settings do.
    public let certificates: Certificates

    /// A server for `localhost` and 127.0.0.1, or, misnamed, for another host.
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
    /// A user who may do everything, with the name `app` and the password `secret`.
    public static let app = "app on >secret ~* &* +@all"

    /// A user who may touch one namespace's keys and channels only, and run what a queue's store needs.
    public static func user(_ name: String, _ password: String, ofNamespace namespace: String) -> String {
        let keys = "{\(namespace).*"
        return "\(name) on >\(password) resetchannels ~\(keys) &\(keys) +@all -@dangerous +info +role +config|get"
    }
}

extension RedisServer {
    /// Starts a server with TLS only, which nobody enters but the user `app` with the password `secret`, unless the
    /// settings name other users.
    public static func tls(_ tls: RedisTLS, _ settings: RedisSettings = RedisSettings()) async throws -> RedisServer {
        var settings = settings
        settings.tls = tls
        if settings.users.isEmpty { settings.users = ["default off", RedisSettings.app] }
        return try await start(settings)
    }

    /// Runs redis-cli against the server's port with more arguments; answers its output, throws ServerError if it
    /// fails.
    public func client(_ arguments: [String]) async throws -> String {
        try await Tool.client.run(["-h", "127.0.0.1", "-p", "\(port)"] + arguments, in: folder)
    }
}
