// Where the Redis is, and how it is spoken to, as one URL says it. Everything a user can set for the wire stands here;
// the passwords are kept and never shown.
import OffstageCore

/// What a Redis URL says.
struct RedisURL: Sendable, Hashable {
    /// How many servers there are, and how they stand to each other.
    enum Topology: Sendable, Hashable {
        /// One server.
        case single(RedisAddress)
        /// Sentinels that know who the master of this name is.
        case sentinel([RedisAddress], master: String)
        /// Some nodes of a cluster; the others are learnt.
        case cluster([RedisAddress])
    }

    /// The servers.
    var topology: Topology
    /// Whether the servers, and the sentinels, are spoken to through TLS.
    var isTLS = false
    /// The ACL user; nil for the default one.
    var user: String?
    /// The user's password.
    var password: String?
    /// The number of the database, 0 in a cluster.
    var database = 0

    /// The prefix of all keys; nil if the URL does not say.
    var namespace: String?
    /// The prefix of all keys.
    var namespaceName: String { namespace ?? "offstage" }
    /// How many replicas must have a job before it counts as accepted.
    var wait = 0
    /// How long they may take; nil if the URL does not say.
    var waitTimeout: Duration?
    /// Whether a server that evicts keys is accepted.
    var allowsEviction = false
    /// How many partitions a new namespace gets; nil if the URL does not say.
    var partitions: Int?

    /// The file of the certificate authorities that count; nil for the system's.
    var authorities: String?
    /// The file of the client's certificate chain.
    var certificate: String?
    /// The file of the client's private key; nil if it is in the certificate's file.
    var key: String?
    /// Whether the server's certificate must be for the host that was asked for.
    var verifiesHost = true
    /// How long a connection may take to stand.
    var connectTimeout = Duration.seconds(5)
    /// The user at the sentinels.
    var sentinelUser: String?
    /// The password at the sentinels.
    var sentinelPassword: String?

    init(topology: Topology) { self.topology = topology }

    /// Reads a URL. Throws `unusable` with one line that says which part is wrong and what would be right.
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
