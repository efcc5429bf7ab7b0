// Takes a Redis URL apart: scheme, login, hosts, path; the options stand in a file of their own. Foundation's parser
// knows no lists of hosts and does not say what is wrong. What is wrong is said in one line, and never shows what might
// be a part of the password.
import OffstageCore

/// Reads one URL.
struct RedisURLParser {
    private static let mostBytes = 8192
    private static let mostHosts = 100
    private static let mostDatabase = 1_000_000

    private enum Kind {
        case single
        case unix
        case sentinel
        case cluster
    }

    private let kind: Kind
    private let isTLS: Bool
    private let login: Substring?
    private let hosts: Substring
    private let path: Substring
    private let query: Substring?

    init(_ text: String) throws {
        guard text.utf8.count <= Self.mostBytes else {
            throw Self.wrong("it has \(text.utf8.count) bytes, at most \(Self.mostBytes) are taken")
        }
        guard let mark = text.firstRange(of: "://") else {
            throw Self.wrong("it has no scheme: write redis://host:6379")
        }
        switch text[..<mark.lowerBound] {
        case "redis": (kind, isTLS) = (.single, false)
        case "rediss": (kind, isTLS) = (.single, true)
        case "unix": (kind, isTLS) = (.unix, false)
        case "redis+sentinel": (kind, isTLS) = (.sentinel, false)
        case "rediss+sentinel": (kind, isTLS) = (.sentinel, true)
        case "redis+cluster": (kind, isTLS) = (.cluster, false)
        case "rediss+cluster": (kind, isTLS) = (.cluster, true)
        case let other:
            throw Self.wrong(
                "'\(other)://' is not known: it is redis://, rediss://, unix://, redis+sentinel://, redis+cluster://"
                    + ", or the last two with rediss")
        }
        let rest = text[mark.upperBound...]
        guard !rest.contains("#") else { throw Self.wrong("a '#' has to be written as %23") }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        query = parts.count == 2 ? parts[1] : nil
        let slash = parts[0].firstIndex(of: "/") ?? parts[0].endIndex
        let authority = parts[0][..<slash]
        path = parts[0][slash...]
        if let at = authority.lastIndex(of: "@") {
            login = authority[..<at]
            hosts = authority[authority.index(after: at)...]
        } else {
            login = nil
            hosts = authority
            guard kind == .unix || !rest.contains("@") else {
                throw Self.wrong("in user and password '/' is written as %2F and '?' as %3F, and elsewhere '@' as %40")
            }
        }
    }

    static func wrong(_ what: String) -> StoreError { .unusable("the Redis URL is wrong: \(what)") }

    mutating func parse() throws -> RedisURL {
        var url = RedisURL(topology: try topology())
        url.isTLS = isTLS
        if let login {
            let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let user = try Self.decoded(parts[0], "the user", most: 1024, show: false)
            url.user = user.isEmpty ? nil : user
            if parts.count == 2 {
                url.password = try Self.decoded(parts[1], "the password", most: 1024, show: false)
            } else if url.user == nil {
                throw Self.wrong("there is nothing before '@'; a password alone is written as :password@host")
            }
        }
        if let text = databaseText() { url.database = try Self.database(text) }
        if kind == .cluster, url.database != 0 {
            throw Self.wrong("a cluster has database 0 only, not \(url.database)")
        }
        if let query { try RedisURLOptions.read(query, into: &url) }
        return url
    }

    private func topology() throws -> RedisURL.Topology {
        switch kind {
        case .single:
            let all = try addresses(defaultPort: 6379)
            guard all.count == 1 else {
                throw Self.wrong("\(all.count) hosts are for redis+sentinel:// and redis+cluster://, here is one")
            }
            return .single(all[0])
        case .unix:
            guard hosts.isEmpty, path.count > 1 else {
                throw Self.wrong("a socket is written with its whole path: unix:///run/redis.sock")
            }
            return .single(.unix(try Self.decoded(path, "the path of the socket", most: 107)))
        case .sentinel:
            let name = path.dropFirst().prefix { $0 != "/" }
            guard !name.isEmpty else {
                throw Self.wrong("the name of the master is missing: redis+sentinel://host:26379/master-name")
            }
            return .sentinel(
                try addresses(defaultPort: 26379), master: try Self.decoded(name, "the master's name", most: 255))
        case .cluster: return .cluster(try addresses(defaultPort: 6379))
        }
    }

    /// What the path says of the database.
    private func databaseText() -> Substring? {
        let text: Substring
        switch kind {
        case .unix: return nil
        case .single, .cluster: text = path.dropFirst()
        case .sentinel: text = path.dropFirst().drop { $0 != "/" }.dropFirst()
        }
        return text.isEmpty ? nil : text
    }

    static func database(_ text: some StringProtocol) throws -> Int {
        guard let number = Int(text), number >= 0, number <= mostDatabase, !text.hasPrefix("+") else {
            throw wrong("the database '\(text)' is not a number from 0 to \(mostDatabase)")
        }
        return number
    }

    private func addresses(defaultPort: Int) throws -> [RedisAddress] {
        let list = hosts.split(separator: ",", omittingEmptySubsequences: false)
        guard list.count <= Self.mostHosts else {
            throw Self.wrong("it names \(list.count) hosts, at most \(Self.mostHosts) are taken")
        }
        let all = try list.map { try Self.address($0, defaultPort) }
        if let twice = all.first(where: { one in all.filter { $0 == one }.count > 1 }) {
            throw Self.wrong("it names \(twice) twice")
        }
        return all
    }

    private static func address(_ text: Substring, _ defaultPort: Int) throws -> RedisAddress {
        let host: String
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw wrong("the '[' of '\(text)' is never closed") }
            host = try decoded(text[..<end].dropFirst(), "the host", most: 255)
            rest = text[text.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy({ isHostByte($0) || $0 == 58 || $0 == 37 }) else {
                throw wrong("in brackets stands an IPv6 address, not '\(host)'")
            }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = try decoded(text[..<end], "the host", most: 255)
            rest = text[end...]
            guard !host.isEmpty else { throw wrong("a host is missing: write host:\(defaultPort)") }
            guard host.utf8.allSatisfy(isHostByte) else { throw wrong("'\(host)' is not a host name") }
        }
        guard !rest.isEmpty else { return .host(host, port: defaultPort) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65535).contains(port),
            rest.dropFirst().first != "+"
        else {
            throw wrong("the port '\(rest.drop { $0 == ":" })' of '\(host)' is not a number from 1 to 65535")
        }
        return .host(host, port: port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: true
        default: false
        }
    }

    /// Resolves `%41` and its like.
    static func decoded(_ text: Substring, _ what: String, most: Int, show: Bool = true) throws -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        let shown = show ? " '\(text.prefix(80))'" : ""
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16), rest.first != 43 else {
                    throw wrong("\(what)\(shown) has a '%' without two hexadecimal digits; '%' itself is %25")
                }
                rest = rest.dropFirst(2)
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        guard bytes.count <= most else { throw wrong("\(what) has \(bytes.count) bytes, at most \(most) are taken") }
        guard let result = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw wrong("\(what)\(shown) is not text in UTF-8")
        }
        return result
    }
}
