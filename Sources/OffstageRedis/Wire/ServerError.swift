// What an error reply requires. Its first word is its kind. A Redis before 7 wraps the kind of an error inside a script
// into a longer message, from which the kind is extracted.
import OffstageCore

/// An error reply of the server.
struct ServerError {
    /// What to do about it.
    enum Kind {
        /// The server is temporarily unable: send the call again.
        case later
        /// The server is a replica: send the call again, to the current master.
        case notMaster
        /// The server does not know the script.
        case unknownScript
        /// The slot is on another node, permanently, or for this one call.
        case moved(RedisAddress?)
        case ask(RedisAddress?)
        /// The server has no memory left.
        case full
        /// The user is not allowed to do this.
        case forbidden
        /// A script found another namespace than the one that was opened, or none (Scripts/identity.lua).
        case stranger
        /// Anything else.
        case other
    }

    let text: String
    let kind: Kind

    init(_ text: String, from server: RedisAddress) {
        self.text = text
        let words = Self.essence(of: text).split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
        switch words.first {
        case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS": kind = .later
        case "READONLY": kind = .notMaster
        case "NOSCRIPT": kind = .unknownScript
        case "MOVED": kind = .moved(Self.address(words, server))
        case "ASK": kind = .ask(Self.address(words, server))
        case "OOM": kind = .full
        case "NOAUTH", "NOPERM", "WRONGPASS": kind = .forbidden
        case let word? where word.hasPrefix("OFFSTAGE_"): kind = .stranger
        // Redis 7.0 uses these words for a command inside a script.
        default: kind = text.contains("The user executing the script can't") ? .forbidden : .other
        }
    }

    /// Whether the same call may succeed in a while.
    var isPassing: Bool { if case .later = kind { true } else { false } }

    /// Returns the store's error for a call that failed with this error.
    func storeError(_ name: String, at server: RedisAddress) -> StoreError {
        let line = "\(server): \(name): \(text.prefix(500).map { $0.isNewline ? " " : String($0) }.joined())"
        switch kind {
        case .later, .notMaster: return .busy(line)
        case .full: return .full(line)
        case .forbidden: return .unusable(line)
        case .moved, .ask: return .unusable("\(line) (a cluster is written redis+cluster://)")
        case .unknownScript, .stranger, .other: return .failed(line)
        }
    }

    private static func essence(of text: String) -> Substring {
        guard text.hasPrefix("ERR Error running script"), let dash = text.ranges(of: ": -").last else {
            return text[...]
        }
        return text[dash.upperBound...]
    }

    /// Parses `MOVED 3999 127.0.0.1:6381`. Without a host, the address is that of the server that replied.
    private static func address(_ words: [Substring], _ server: RedisAddress) -> RedisAddress? {
        guard words.count >= 3, let colon = words[2].lastIndex(of: ":"),
            let port = Int(words[2][words[2].index(after: colon)...].prefix { $0.isNumber })
        else { return nil }
        let host = String(words[2][..<colon])
        if host.isEmpty, case .host(let known, _) = server { return .host(known, port: port) }
        return .host(host, port: port)
    }
}
