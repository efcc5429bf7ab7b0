// Parses a Redis URL: scheme, login, hosts, path; RedisURLOptions.swift parses the options. Foundation's parser does
// not support lists of hosts and does not report what is wrong. An error is one line, and never shows what might be a
// part of the password: a password with '@', '/' or '?' can end up in any part of a URL, and if the host is missing, a
// password looks like a port. So parts are shown only if the URL cannot contain a password.
import OffstageCore

/// Parses one URL.
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
    /// Whether no part of the URL can belong to a password.
    private let isOpen: Bool

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
            let isScheme = other.utf8.allSatisfy { Self.isHostByte($0) || $0 == UInt8(ascii: "+") }
            throw Self.wrong(
                "\(isScheme ? "'\(other)://'" : "its scheme") is not known: it is redis://, rediss://, unix://,"
                    + " redis+sentinel://, redis+cluster://, or the last two with rediss")
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
        }
        isOpen = !rest.contains("@") && Self.holdsNoLogin(authority) && query?.contains("password") != true
        // The path of a socket may contain '@', if nothing before it can be a login.
        let isSocket = kind == .unix && authority.isEmpty
        guard query?.contains("@") != true, isSocket || !path.contains("@") else {
            throw Self.wrong("in user and password '/' is written as %2F and '?' as %3F, and elsewhere '@' as %40")
        }
    }

    /// Whether the texts behind the colons are ports, or misspelled ports. `user:password` without a host does not
    /// pass.
    private static func holdsNoLogin(_ authority: Substring) -> Bool {
        authority.split(separator: ",").allSatisfy { host in
            let rest = host.hasPrefix("[") ? host.drop { $0 != "]" }.dropFirst() : host
            guard let colon = rest.firstIndex(of: ":") else { return true }
            let port = rest[rest.index(after: colon)...]
            return port.utf8.count <= 5 && port.utf8.allSatisfy { (43...57).contains($0) }
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
        if let text = databaseText() { url.database = try Self.database(text, show: isOpen) }
        if kind == .cluster, url.database != 0 {
            throw Self.wrong("a cluster has database 0 only\(isOpen ? ", not \(url.database)" : "")")
        }
        if let query { try RedisURLOptions.read(query, into: &url, show: isOpen) }
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
            return .single(.unix(try Self.decoded(path, "the path of the socket", most: 107, show: isOpen)))
        case .sentinel:
            let name = path.dropFirst().prefix { $0 != "/" }
            guard !name.isEmpty else {
                throw Self.wrong("the name of the master is missing: redis+sentinel://host:26379/master-name")
            }
            return .sentinel(
                try addresses(defaultPort: 26379),
                master: try Self.decoded(name, "the master's name", most: 255, show: isOpen))
        case .cluster: return .cluster(try addresses(defaultPort: 6379))
        }
    }

    /// Returns the database in the path, if there is one.
    private func databaseText() -> Substring? {
        let text: Substring
        switch kind {
        case .unix: return nil
        case .single, .cluster: text = path.dropFirst()
        case .sentinel: text = path.dropFirst().drop { $0 != "/" }.dropFirst()
        }
        return text.isEmpty ? nil : text
    }

    static func database(_ text: some StringProtocol, show: Bool) throws -> Int {
        guard let number = Int(text), number >= 0, number <= mostDatabase, !text.hasPrefix("+") else {
            throw wrong("the database \(show ? "'\(text.prefix(80))' " : "")is not a number from 0 to \(mostDatabase)")
        }
        return number
    }

    private func addresses(defaultPort: Int) throws -> [RedisAddress] {
        let list = hosts.split(separator: ",", omittingEmptySubsequences: false)
        guard list.count <= Self.mostHosts else {
            throw Self.wrong("it names \(list.count) hosts, at most \(Self.mostHosts) are taken")
        }
        let all = try list.map { try address($0, defaultPort) }
        if let twice = all.first(where: { one in all.filter { $0 == one }.count > 1 }) {
            throw Self.wrong(isOpen ? "it names \(twice) twice" : "it names a host twice")
        }
        return all
    }

    private func address(_ text: Substring, _ defaultPort: Int) throws -> RedisAddress {
        func shown(_ part: some StringProtocol) -> String { isOpen ? " '\(part.prefix(80))'" : "" }
        let host: String
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                throw Self.wrong("the '[' of the host\(shown(text)) is never closed")
            }
            host = try Self.decoded(text[..<end].dropFirst(), "the host", most: 255, show: isOpen)
            rest = text[text.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy({ Self.isHostByte($0) || $0 == 58 || $0 == 37 }) else {
                throw Self.wrong("in brackets stands an IPv6 address\(isOpen ? ", not\(shown(host))" : "")")
            }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = try Self.decoded(text[..<end], "the host", most: 255, show: isOpen)
            rest = text[end...]
            guard !host.isEmpty else { throw Self.wrong("a host is missing: write host:\(defaultPort)") }
            guard host.utf8.allSatisfy(Self.isHostByte) else {
                throw Self.wrong("\(isOpen ? "'\(host.prefix(80))'" : "what should be the host") is not a host name")
            }
        }
        guard !rest.isEmpty else { return .host(host, port: defaultPort) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65535).contains(port),
            rest.dropFirst().first != "+"
        else {
            let names = isOpen ? " '\(rest.drop { $0 == ":" })' of '\(host)'" : ""
            throw Self.wrong("the port\(names) is not a number from 1 to 65535")
        }
        return .host(host, port: port)
    }

    static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: true
        default: false
        }
    }

    /// Decodes percent escapes such as `%41`.
    static func decoded(_ text: Substring, _ what: String, most: Int, show: Bool) throws -> String {
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
