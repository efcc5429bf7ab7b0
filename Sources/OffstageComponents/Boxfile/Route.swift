// The requests that reach a web component: a path, optionally with a host before a colon, as in `/`, `/admin`, `api:/`
// and `api.example.org:/v1`. The longest matching path wins, and a route with a host wins over one without.

/// A route of a web component.
public struct Route: Sendable, Hashable, CustomStringConvertible {
    /// The host in lower case. One label (`api`) is a subdomain of whatever domain the app has; several are a full host
    /// name; nil matches every host.
    public let host: String?
    /// The path prefix, in whole segments, without a slash at the end unless it is `/`.
    public let path: String
    /// Its place in the file.
    public let place: BoxfilePlace

    /// Returns the route for all requests: that of a single web component without routes.
    static func all(at place: BoxfilePlace) -> Route { Route(host: nil, path: "/", place: place) }

    private init(host: String?, path: String, place: BoxfilePlace) {
        self.host = host
        self.path = path
        self.place = place
    }

    init(_ text: String, place: BoxfilePlace) throws(BoxfileValueError) {
        let host: Substring?
        let path: Substring
        if let colon = text.firstIndex(of: ":") {
            (host, path) = (text[..<colon], text[text.index(after: colon)...])
        } else {
            (host, path) = (nil, text[...])
        }
        guard path.first == "/" else {
            throw BoxfileValueError("must be a path such as /, /admin or api:/v1, with a slash before the path")
        }
        guard path.utf8.count <= 1024, path.utf8.allSatisfy(Self.isPathByte), !path.contains("//") else {
            throw BoxfileValueError("has a character that no path of a route has (?, #, a space, // and * are such)")
        }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw BoxfileValueError("has . or .. as a part of its path, which no request ever has")
        }
        if let host {
            guard host.utf8.count <= 253,
                host.split(separator: ".", omittingEmptySubsequences: false)
                    .allSatisfy(Self.isLabel)
            else { throw BoxfileValueError("has no host name before its colon; write api:/ or api.example.org:/") }
        }
        self.host = host.map { $0.lowercased() }
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
        self.place = place
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        byte > 32 && byte < 127 && !#"?#*"'`\<>{}|^"#.utf8.contains(byte)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45
            }
    }

    /// The route as the file writes it: `/admin`, `api:/v1`.
    public var description: String { (host.map { $0 + ":" } ?? "") + path }
}
