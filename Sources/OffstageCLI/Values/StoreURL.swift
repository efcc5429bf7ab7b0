// Which store to use. `--store` overrides OFFSTAGE_STORE, which overrides DATA_QUEUE_HOST (set by a data.queue
// component: the Redis at that host). Without any of them it is a file in the current directory. Printed addresses, in
// errors too, never contain the password.
import OffstageCore
import OffstageRedis

/// The address of a store: `sqlite:PATH`, or a Redis URL.
public struct StoreURL: Sendable, Equatable {
    /// The store's kind and place.
    enum Location: Sendable, Equatable {
        /// An SQLite file.
        case sqlite(path: String)
        /// A single Redis, one behind Sentinels, or a cluster.
        case redis(RedisLocation)
        /// This process's memory, for tests.
        case memory
    }

    /// The store's kind and place.
    var location: Location
    /// The name that separates this app's jobs from others in the same store.
    public internal(set) var namespace: String?

    /// Whether the store is a server, which other apps may use too.
    public var isServer: Bool {
        if case .redis = location { true } else { false }
    }

    /// The store used when nothing else is named.
    static let defaultURL = "sqlite:offstage.db"

    init(location: Location, namespace: String? = nil) {
        self.location = location
        self.namespace = namespace
    }

    /// Parses an address. Throws a one-line error if it is invalid.
    public init(_ text: String) throws {
        self = try Self.parse(text, from: "the store")
    }

    /// Returns the store that an environment names, by the same rules as the command line. Throws a one-line error if
    /// an address is invalid.
    public static func named(in environment: [String: String]) throws -> StoreURL {
        try resolve(option: nil, environment: environment)
    }

    /// Returns the same store with another namespace. Throws if the name is invalid.
    public func inNamespace(_ name: String) throws -> StoreURL {
        try ValueKind.name.check(name, for: "the namespace")
        var other = self
        other.namespace = name
        if case .redis(let redis) = location { other.location = .redis(try redis.inNamespace(name)) }
        return other
    }

    /// Returns the full address, with its password and an absolute path, for programs whose current folder may differ.
    public func absolute(in folder: String) -> String {
        if case .redis(let redis) = location { return redis.url }
        return shown(in: folder)
    }

    /// Returns the full address without its password, for people.
    func shown(in folder: String) -> String {
        switch location {
        case .memory: "memory:"
        case .sqlite(let path):
            "sqlite:\(path.hasPrefix("/") ? path : "\(folder)/\(path)")" + (namespace.map { "?namespace=\($0)" } ?? "")
        case .redis(let redis): redis.description
        }
    }

    /// Returns the store that the option or the environment names.
    static func resolve(option: String?, environment: [String: String]) throws(UsageError) -> StoreURL {
        if let option { return try parse(option, from: "--store") }
        if let url = environment["OFFSTAGE_STORE"], !url.isEmpty { return try parse(url, from: "OFFSTAGE_STORE") }
        if let url = try QueueComponent(environment)?.url() { return try parse(url, from: "DATA_QUEUE_HOST") }
        return try parse(defaultURL, from: "--store")
    }

    /// Parses an address. `source` names its origin in the error.
    static func parse(_ text: String, from source: String) throws(UsageError) -> StoreURL {
        // An address with an '@' may contain a password anywhere, so the error does not repeat it.
        let isOpen = !text.contains("@")
        guard let colon = text.firstIndex(of: ":") else {
            throw UsageError(
                "\(source) must be an address such as sqlite:PATH or redis://HOST"
                    + (isOpen ? ", not '\(text)'; did you mean sqlite:\(text)?" : ""))
        }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        switch scheme {
        case "sqlite", "memory": return try parse(file: rest, scheme, from: source)
        case _ where RedisLocation.schemes.contains(scheme): return try parse(redis: scheme + ":" + rest, from: source)
        case "postgres", "postgresql":
            throw UsageError(
                "\(source) says \(scheme):, which this version cannot use yet; use sqlite:PATH or redis://HOST")
        case _ where !rest.isEmpty && rest.allSatisfy(\.isNumber):
            throw UsageError("\(source) has no scheme; did you mean redis://\(isOpen ? text : "HOST:PORT")?")
        default:
            let isScheme = scheme.allSatisfy { $0.isASCII && $0.isLetter } && rest.hasPrefix("//")
            let shown = isOpen || isScheme ? " '\(scheme):'" : ""
            throw UsageError("\(source) has the unknown scheme\(shown); use sqlite:PATH or redis://HOST")
        }
    }

    private static func parse(redis text: String, from source: String) throws(UsageError) -> StoreURL {
        do {
            let redis = try RedisLocation(text)
            return StoreURL(location: .redis(redis), namespace: redis.namespace)
        } catch {
            throw UsageError("\(source): \(error)")
        }
    }

    private static func parse(file text: Substring, _ scheme: String, from source: String) throws(UsageError)
        -> StoreURL
    {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let namespace = try namespace(parts.count == 2 ? parts[1] : "", from: source)
        guard scheme == "sqlite" else { return StoreURL(location: .memory, namespace: namespace) }
        guard !parts[0].isEmpty else { throw UsageError("\(source) names no file: it must be sqlite:PATH") }
        return StoreURL(location: .sqlite(path: String(parts[0])), namespace: namespace)
    }

    private static func namespace(_ query: Substring, from source: String) throws(UsageError) -> String? {
        var namespace: String?
        for parameter in query.split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0] == "namespace" else {
                throw UsageError("\(source) has the unknown parameter '\(pair[0])'; it takes namespace=NAME")
            }
            try ValueKind.name.check(String(pair[1]), for: "the namespace of \(source)")
            namespace = String(pair[1])
        }
        return namespace
    }
}

extension StoreURL: CustomStringConvertible {
    /// The address as it was given, without a password.
    public var description: String {
        if case .sqlite(let path) = location {
            return "sqlite:\(path)" + (namespace.map { "?namespace=\($0)" } ?? "")
        }
        return shown(in: "")
    }
}
