// The settings of a server, and the lines of redis.conf that they become.

/// The configuration of a server for a test.
public struct RedisSettings: Sendable {
    /// When the append-only file is written to disk.
    public enum Fsync: String, Sendable {
        /// Before each reply.
        case always
        /// Once a second.
        case everysec
        /// When the operating system decides.
        case no
    }

    /// When the append-only file is synced; nil means that nothing is kept.
    public var appendFsync: Fsync?
    /// A memory limit such as "20mb".
    public var maxMemory: String?
    /// The policy at the memory limit.
    public var maxMemoryPolicy = "noeviction"
    /// The default user's password.
    public var password: String?
    /// Users as ACL rules, such as "app on >secret ~* &* +@all"; with "default off" no other user can log in.
    public var users: [String] = []
    /// The TLS settings; the plain port is off if they are set.
    public var tls: RedisTLS?
    /// The port of the master that this server replicates.
    public var replicaOf: Int?
    /// Whether it is a node of a cluster.
    public var isClusterNode = false
    /// Whether its files are on a real disk.
    public var isOnDisk = false
    /// Additional lines for redis.conf.
    public var lines: [String] = []

    /// Creates the settings of a server that keeps nothing and is open to all on 127.0.0.1.
    public init() {}

    /// Returns the settings of a server with an append-only file.
    public static func durable(_ fsync: Fsync = .always) -> RedisSettings {
        var settings = RedisSettings()
        settings.appendFsync = fsync
        return settings
    }

    /// Returns the settings of a server with additional lines in its redis.conf.
    public static func with(_ lines: String...) -> RedisSettings {
        var settings = RedisSettings()
        settings.lines = lines
        return settings
    }

    /// The user with which the tests inspect a server, whatever other users may do.
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

    /// The distance from a cluster node's port to its bus port.
    static let busDistance = 10_000
}
