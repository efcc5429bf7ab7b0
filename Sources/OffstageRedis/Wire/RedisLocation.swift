// The face that a Redis URL shows to those who only choose a store: whether it is one, whether it is right, and how to
// print it. They pass the text on as it came; what it says in detail is read again where it is used.

/// The URL of a Redis store, read and found right.
public struct RedisLocation: Sendable, Hashable {
    /// The URL as it was given, with its password.
    public let url: String
    /// The namespace that the URL says; nil if it does not.
    public let namespace: String?

    /// The schemes that mean Redis.
    public static let schemes = [
        "redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster",
    ]

    /// Reads a URL; nothing is connected to. Throws StoreError.unusable with one line that says which part is wrong.
    public init(_ url: String) throws {
        namespace = try RedisURL(url).namespace
        self.url = url
    }

    /// The same store with another namespace; throws if it is none.
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
        // A URL that was found right has its login before the last '@' in front of the first '/'.
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
