// The options behind the question mark of a Redis URL, one entry for each, with its limits. An option that is unknown,
// given twice, or useless with the scheme is an error: a silently ignored `wiat=1` could lose jobs.
import OffstageCore

/// The options of a URL, by name.
enum RedisURLOptions {
    private static let all: [(name: String, set: @Sendable (inout RedisURL, Value) throws -> Void)] = [
        ("namespace", { $0.namespace = try $1.namespace() }),
        ("wait", { $0.wait = try $1.number(0...100) }),
        ("wait-timeout", { $0.waitTimeout = try $1.duration(1...600_000) }),
        ("allow-eviction", { $0.allowsEviction = try $1.flag() }),
        ("partitions", { $0.partitions = try $1.number(1...4096) }),
        ("ca", { $0.authorities = try $1.onlyWithTLS($0).path() }),
        ("cert", { $0.certificate = try $1.onlyWithTLS($0).path() }),
        ("key", { $0.key = try $1.onlyWithTLS($0).path() }),
        ("verify", { $0.verifiesHost = try $1.onlyWithTLS($0).flag() }),
        ("connect-timeout", { $0.connectTimeout = try $1.duration(10...300_000) }),
        ("sentinel-user", { $0.sentinelUser = try $1.onlyWithSentinels($0).secret() }),
        ("sentinel-password", { $0.sentinelPassword = try $1.onlyWithSentinels($0).secret() }),
        ("db", { $0.database = try $1.onlyWithSocket($0).database() }),
    ]

    /// Parses `name=value&…`. Throws `unusable` for an invalid option, with the invalid text if it may be shown.
    static func read(_ query: Substring, into url: inout RedisURL, show: Bool) throws {
        var seen: Set<Substring> = []
        for item in query.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = all.first(where: { $0.name == parts[0] }) else {
                throw RedisURLParser.wrong(
                    "\(show ? "the option '\(parts[0].prefix(40))'" : "an option") is not known: there are "
                        + all.map(\.name).joined(separator: ", "))
            }
            guard seen.insert(parts[0]).inserted else {
                throw RedisURLParser.wrong("the option '\(option.name)' is there twice")
            }
            guard parts.count == 2, !parts[1].isEmpty else {
                throw RedisURLParser.wrong("the option '\(option.name)' has no value")
            }
            try option.set(&url, Value(name: option.name, raw: parts[1], shows: show))
        }
        if url.key != nil, url.certificate == nil {
            throw RedisURLParser.wrong("the option 'key' needs 'cert', the certificate that it belongs to")
        }
        if url.sentinelUser != nil, url.sentinelPassword == nil {
            throw RedisURLParser.wrong("the option 'sentinel-user' needs 'sentinel-password'")
        }
    }

    /// The value of one option, before it is validated.
    struct Value {
        let name: String
        let raw: Substring
        let shows: Bool

        private func wrong(_ right: String) -> StoreError {
            RedisURLParser.wrong("the option '\(name)' is \(right)\(shows ? ", not '\(raw.prefix(80))'" : "")")
        }

        private func text(most: Int, show: Bool = true) throws -> String {
            try RedisURLParser.decoded(raw, "the option '\(name)'", most: most, show: show && shows)
        }

        func path() throws -> String { try text(most: 4096) }
        func secret() throws -> String { try text(most: 1024, show: false) }
        func database() throws -> Int { try RedisURLParser.database(raw, show: shows) }

        func namespace() throws -> String {
            let text = try text(most: 64)
            guard Names.isValid(text) else { throw wrong("letters, digits, '.', '_', ':' and '-'") }
            return text
        }

        func number(_ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(raw), range.contains(number), raw.first != "+" else {
                throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        func flag() throws -> Bool {
            guard raw == "0" || raw == "1" else { throw wrong("0 or 1") }
            return raw == "1"
        }

        /// Parses a number with `ms`, `s` or `m`; without a unit it is in seconds.
        func duration(_ milliseconds: ClosedRange<Int>) throws -> Duration {
            let digits = raw.prefix { $0.isNumber }
            let factor: Int?
            switch raw[digits.endIndex...] {
            case "ms": factor = 1
            case "s", "": factor = 1000
            case "m": factor = 60_000
            default: factor = nil
            }
            guard let number = Int(digits), number <= 1_000_000, let factor, milliseconds.contains(number * factor)
            else {
                throw wrong(
                    "a time from \(milliseconds.lowerBound)ms to \(milliseconds.upperBound / 1000)s, as 500ms, 2s, 1m")
            }
            return .milliseconds(number * factor)
        }

        func onlyWithTLS(_ url: RedisURL) throws -> Value {
            guard url.isTLS else { throw RedisURLParser.wrong("the option '\(name)' needs rediss://") }
            return self
        }

        func onlyWithSentinels(_ url: RedisURL) throws -> Value {
            guard case .sentinel = url.topology else {
                throw RedisURLParser.wrong("the option '\(name)' is for redis+sentinel:// only")
            }
            return self
        }

        func onlyWithSocket(_ url: RedisURL) throws -> Value {
            guard case .single(.unix) = url.topology else {
                throw RedisURLParser.wrong("the option 'db' is for unix:// only; here it is the path: host:6379/3")
            }
            return self
        }
    }
}
