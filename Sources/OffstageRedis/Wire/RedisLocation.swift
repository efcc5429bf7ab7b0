// The view of a Redis URL for code that only chooses a store: whether it is a Redis URL, whether it is valid, and how
// to print it. Such code passes the text on unchanged; the details are parsed again where they are used.

/// The URL of a Redis store, parsed and validated.
public struct RedisLocation: Sendable, Hashable {
    /// The URL as given, including its password.
    public let url: String
    /// The namespace in the URL; nil if the URL has none.
    public let namespace: String?

    /// The schemes that mean Redis.
    public static let schemes = [
        "redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster",
    ]

    /// Parses a URL without connecting. Throws StoreError.unusable with one line that states which part is wrong.
    public init(_ url: String) throws {
        namespace = try RedisURL(url).namespace
        self.url = url
    }

    /// Returns the same store with another namespace. Throws if the name is not valid.
    public func inNamespace(_ name: String) throws -> RedisLocation {
        let (place, options) = Self.split(url)
        let kept = options.filter { !$0.hasPrefix("namespace=") } + ["namespace=\(name)"]
        return try RedisLocation("\(place)?\(kept.joined(separator: "&"))")
    }

    private static func split(_ url: String) -> (place: Substring, options: [Substring]) {
        let mark = url.firstIndex(of: "?") ?? url.endIndex
        return (url[..<mark], url[mark...].dropFirst().split(separator: "&"))
    }
}

extension RedisLocation: CustomStringConvertible {
    /// The URL with its passwords hidden.
    public var description: String {
        var (place, options) = Self.split(url)
        // In a valid URL the login is before the last '@' in front of the first '/'.
        if let scheme = place.firstRange(of: "://") {
            let authority = place[scheme.upperBound...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
                place = place[..<colon] + ":***" + place[at...]
            }
        }
        options = options.map { $0.hasPrefix("sentinel-password=") ? "sentinel-password=***" : $0 }
        return options.isEmpty ? String(place) : "\(place)?\(options.joined(separator: "&"))"
    }
}
