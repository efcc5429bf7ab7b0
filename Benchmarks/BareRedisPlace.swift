// The address of a plain connection: the part of a Redis URL that needs no TLS, Sentinels or cluster. Those are handled
// by the store's own protocol code; hiredis 0.14 has none of them, so the benchmark measures redis:// and unix:// only.
import Foundation
import OffstageCore
import OffstageRedis

/// One server, without TLS.
struct BareRedisPlace: Sendable {
    enum Address: Sendable {
        case host(String, Int32)
        case socket(String)
    }

    private(set) var address: Address
    private(set) var user: String?
    private(set) var password: String?
    private(set) var database = 0
    /// The address as it appears in errors.
    let shown: String

    /// Reads a location that has been validated. Throws StoreError for one that bench does not measure.
    init(_ location: RedisLocation) throws {
        shown = location.description
        guard let mark = location.url.firstRange(of: "://") else { throw Self.refusal(shown) }
        let parts = location.url[mark.upperBound...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let slash = parts[0].firstIndex(of: "/") ?? parts[0].endIndex
        let at = parts[0][..<slash].lastIndex(of: "@")
        let path = parts[0][slash...]
        switch location.url[..<mark.lowerBound] {
        case "redis":
            let host = parts[0][(at.map { parts[0].index(after: $0) } ?? parts[0].startIndex)..<slash]
            address = try Self.address(host)
            database = Int(path.dropFirst()) ?? 0
        case "unix":
            address = .socket(Self.decoded(path))
            let option = parts.dropFirst().first?.split(separator: "&").first { $0.hasPrefix("db=") }
            database = option.flatMap { Int($0.dropFirst(3)) } ?? 0
        default: throw Self.refusal(shown)
        }
        if let at {
            let login = parts[0][..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = login[0].isEmpty ? nil : Self.decoded(login[0])
            password = login.count == 2 ? Self.decoded(login[1]) : nil
        }
    }

    private static func address(_ text: Substring) throws -> Address {
        // The colons in an IPv6 address are inside brackets.
        let end = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        let colon = text[end...].firstIndex(of: ":") ?? text.endIndex
        let host = decoded(text[..<colon].filter { $0 != "[" && $0 != "]" }[...])
        return .host(host, Int32(text[colon...].dropFirst()) ?? 6379)
    }

    private static func decoded(_ text: Substring) -> String { text.removingPercentEncoding ?? String(text) }

    private static func refusal(_ shown: String) -> StoreError {
        .unusable("bench measures one server at redis:// or unix://, not \(shown)")
    }
}
