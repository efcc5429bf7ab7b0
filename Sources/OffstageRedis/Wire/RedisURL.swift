// Where the Redis is and how to connect to it, as one URL. All user settings of the connection are here. The passwords
// are stored and never shown.
import OffstageCore

/// The parsed content of a Redis URL.
struct RedisURL: Sendable, Hashable {
    /// How many servers there are, and how they relate to each other.
    enum Topology: Sendable, Hashable {
        /// One server.
        case single(RedisAddress)
        /// Sentinels that know the master with this name.
        case sentinel([RedisAddress], master: String)
        /// Some nodes of a cluster; the client learns the others.
        case cluster([RedisAddress])
    }

    /// The servers.
    var topology: Topology
    /// Whether connections to the servers and sentinels use TLS.
    var isTLS = false
    /// The ACL user; nil for the default one.
    var user: String?
    /// The user's password.
    var password: String?
    /// The number of the database, 0 in a cluster.
    var database = 0

    /// The prefix of all keys; nil if the URL has none.
    var namespace: String?
    /// The prefix of all keys, or the default.
    var namespaceName: String { namespace ?? "offstage" }
    /// How many replicas must have a job before it counts as accepted.
    var wait = 0
    /// How long the replicas may take; nil if the URL sets no time.
    var waitTimeout: Duration?
    /// Whether a server that evicts keys is accepted.
    var allowsEviction = false
    /// How many partitions a new namespace gets; nil if the URL sets no number.
    var partitions: Int?

    /// The file of the trusted certificate authorities; nil for the system's.
    var authorities: String?
    /// The file of the client's certificate chain.
    var certificate: String?
    /// The file of the client's private key; nil if it is in the certificate's file.
    var key: String?
    /// Whether the server's certificate must be for the requested host.
    var verifiesHost = true
    /// The time limit for making a connection.
    var connectTimeout = Duration.seconds(5)
    /// The user name for the sentinels.
    var sentinelUser: String?
    /// The password for the sentinels.
    var sentinelPassword: String?

    init(topology: Topology) { self.topology = topology }

    /// Parses a URL. Throws `unusable` with one line that states which part is wrong and what would be right.
    init(_ text: String) throws {
        var parser = try RedisURLParser(text)
        self = try parser.parse()
    }
}

extension RedisURL: CustomStringConvertible {
    /// The URL without its options and with the password hidden.
    var description: String {
        var text = isTLS ? "rediss" : "redis"
        var login = ""
        if user != nil || password != nil { login = (user ?? "") + (password == nil ? "" : ":***") + "@" }
        func list(_ hosts: [RedisAddress]) -> String { hosts.map(\.description).joined(separator: ",") }
        let databaseText = database == 0 ? "" : "/\(database)"
        switch topology {
        case .single(.unix(let path)):
            return "unix://" + login + path + (database == 0 ? "" : "?db=\(database)")
        case .single(let address): text += "://" + login + address.description + databaseText
        case .sentinel(let hosts, let master): text += "+sentinel://\(login)\(list(hosts))/\(master)\(databaseText)"
        case .cluster(let hosts): text += "+cluster://" + login + list(hosts)
        }
        return text
    }
}
