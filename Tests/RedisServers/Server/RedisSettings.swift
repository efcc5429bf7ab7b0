// What can be asked of a server, and the lines of redis.conf that it becomes.

/// How a test wants a server to be.
public struct RedisSettings: Sendable {
    /// How surely the append-only file is on disk.
    public enum Fsync: String, Sendable {
        /// Before each answer.
        case always
        /// Once a second.
        case everysec
        /// When the system likes.
        case no
    }

    /// The append-only file's sureness; nil means nothing is kept at all.
    public var appendFsync: Fsync?
    /// A limit such as "20mb".
    public var maxMemory: String?
    /// What happens at the limit.
    public var maxMemoryPolicy = "noeviction"
    /// The default user's password.
    public var password: String?
    /// Users in ACL words, such as "app on >secret ~* &* +@all"; with "default off" nobody else gets in.
    public var users: [String] = []
    /// Certificates; the plain port is off then.
    public var tls: RedisTLS?
    /// The port of the master that this server copies.
    public var replicaOf: Int?
    /// Whether it is a node of a cluster.
    public var isClusterNode = false
    /// Whether its files lie on a real disk.
    public var isOnDisk = false
    /// More lines for redis.conf.
    public var lines: [String] = []

    /// A server that keeps nothing, for anybody on 127.0.0.1.
    public init() {}

    /// A server with an append-only file.
    public static func durable(_ fsync: Fsync = .always) -> RedisSettings {
        var settings = RedisSettings()
        settings.appendFsync = fsync
        return settings
    }

    /// A server with more lines in its redis.conf.
    public static func with(_ lines: String...) -> RedisSettings {
        var settings = RedisSettings()
        settings.lines = lines
        return settings
    }

    /// The user that the tests look with, whatever others may do.
    static let looker = RedisProbe.Login("looker", "looks")

    func configuration(port: Int, folder: String) -> String {
        var text = [
            "bind 127.0.0.1", "protected-mode no", "daemonize no", "save \"\"", "dir \(folder)",
            "unixsocket \(folder)/socket", "unixsocketperm 700", "repl-diskless-sync yes", "repl-diskless-sync-delay 0",
            "repl-ping-replica-period 1", "user \(Self.looker.user) on >\(Self.looker.password) ~* &* +@all",
        ]
        text += tls?.lines(port: port) ?? ["port \(port)"]
        if let appendFsync { text += ["appendonly yes", "appendfsync \(appendFsync.rawValue)"] }
        if let maxMemory { text += ["maxmemory \(maxMemory)", "maxmemory-policy \(maxMemoryPolicy)"] }
        if let password { text += ["requirepass \(password)", "masterauth \(password)"] }
        text += users.map { "user \($0)" }
        if let replicaOf { text.append("replicaof 127.0.0.1 \(replicaOf)") }
        if isClusterNode { text += ["cluster-enabled yes", "cluster-port \(port + Self.busDistance)"] }
        return (text + lines).joined(separator: "\n") + "\n"
    }

    /// How far a cluster node's second port is from its first.
    static let busDistance = 10_000
}
