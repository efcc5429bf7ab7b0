// What a data.queue component puts into the environment of its users: the host and the other values needed to reach its
// Redis.

/// The Redis that DATA_QUEUE_HOST names.
struct QueueComponent {
    private let host: String
    private let port: String?
    private let user: String?
    private let password: String?

    /// Reads the variables; nil if DATA_QUEUE_HOST is not set. An empty variable counts as not set.
    init?(_ environment: [String: String]) {
        func variable(_ name: String) -> String? {
            environment["DATA_QUEUE_" + name].flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let host = variable("HOST") else { return nil }
        self.host = host
        port = variable("PORT")
        user = variable("USER")
        password = variable("PASS")
    }

    /// Returns the address as a URL. A port in DATA_QUEUE_HOST overrides DATA_QUEUE_PORT.
    func url() throws(UsageError) -> String {
        guard !host.contains(where: { "/?#@, ".contains($0) }) else {
            throw UsageError("DATA_QUEUE_HOST must be HOST or HOST:PORT; for all else there is OFFSTAGE_STORE")
        }
        var place = host
        let colons = host.count { $0 == ":" }
        // An IPv6 address without brackets contains colons.
        if colons > 1, !host.hasPrefix("[") { place = "[\(host)]" }
        let hasPort = place.hasPrefix("[") ? place.contains("]:") : colons == 1
        if !hasPort { place += ":\(try checkedPort())" }
        var login = ""
        if user != nil || password != nil {
            login = Self.encoded(user ?? "") + (password.map { ":" + Self.encoded($0) } ?? "") + "@"
        }
        return "redis://\(login)\(place)"
    }

    private func checkedPort() throws(UsageError) -> Int {
        guard let port else { return 6379 }
        guard let number = Int(port), (1...65535).contains(number), !port.hasPrefix("+") else {
            throw UsageError("DATA_QUEUE_PORT must be a number from 1 to 65535, not '\(port)'")
        }
        return number
    }

    /// Percent-encodes the characters that have a meaning in a URL.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }
}
