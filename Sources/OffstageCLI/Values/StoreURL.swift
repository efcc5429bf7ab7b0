// Where the jobs are. `--store` wins over OFFSTAGE_STORE, that over DATA_QUEUE_HOST (set by a data.queue component:
// Redis at that host), and with none of them it is a file in the current directory.

/// The address of a store, as the command line and the environment give it.
struct StoreURL: Equatable {
    /// The store's kind and place.
    enum Location: Equatable {
        /// An SQLite file.
        case sqlite(path: String)
        /// This process's memory; for tests.
        case memory
    }

    /// The store's kind and place.
    var location: Location
    /// The name that keeps this app's jobs apart from others in the same store.
    var namespace: String?

    /// The file that is used when nothing says where the jobs are.
    static let defaultURL = "sqlite:offstage.db"

    /// The address in full, with an absolute path, for programs that may have another folder.
    func absolute(in folder: String) -> String {
        switch location {
        case .memory: "memory:"
        case .sqlite(let path):
            "sqlite:\(path.hasPrefix("/") ? path : "\(folder)/\(path)")" + (namespace.map { "?namespace=\($0)" } ?? "")
        }
    }

    /// Finds out which store is meant.
    static func resolve(option: String?, environment: [String: String]) throws(UsageError) -> StoreURL {
        if let option { return try parse(option, from: "--store") }
        if let url = environment["OFFSTAGE_STORE"], !url.isEmpty { return try parse(url, from: "OFFSTAGE_STORE") }
        if let host = environment["DATA_QUEUE_HOST"], !host.isEmpty {
            throw UsageError(
                "DATA_QUEUE_HOST says that the jobs are in Redis at \(host), which this version cannot use yet;"
                    + " say --store sqlite:PATH")
        }
        return try parse(defaultURL, from: "--store")
    }

    /// Reads an address; `source` names where it came from in the error.
    static func parse(_ text: String, from source: String) throws(UsageError) -> StoreURL {
        guard let colon = text.firstIndex(of: ":") else {
            throw UsageError(
                "\(source) must be an address such as sqlite:PATH, not '\(text)'; did you mean sqlite:\(text)?")
        }
        let scheme = text[..<colon].lowercased()
        let parts = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let namespace = try namespace(parts.count == 2 ? parts[1] : "", from: source)
        switch scheme {
        case "sqlite":
            guard !parts[0].isEmpty else { throw UsageError("\(source) names no file: it must be sqlite:PATH") }
            return StoreURL(location: .sqlite(path: String(parts[0])), namespace: namespace)
        case "memory":
            return StoreURL(location: .memory, namespace: namespace)
        case "redis", "rediss", "postgres", "postgresql":
            throw UsageError("\(source) says \(scheme):, which this version cannot use yet; use sqlite:PATH")
        default:
            throw UsageError("\(source) has the unknown scheme '\(scheme):'; use sqlite:PATH")
        }
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
