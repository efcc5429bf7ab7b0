// The server settings that decide how safe a queue on this server is. They are read at start, refused where jobs would
// be lost silently, and summarised in one line.
import OffstageCore

/// What the server reports about itself.
struct ServerSettings: Sendable {
    private let info: [String: String]
    private let config: [String: String]

    /// Asks the server that serves a slot. A setting that the user is not allowed to read stays unknown.
    static func read(_ client: RedisClient, slot: Int, patience: Duration) async throws -> ServerSettings {
        let text = try await client.call(RedisCommand("INFO"), slot: slot, role: .look, patience: patience) {
            $0.text ?? ""
        }
        var config: [String: String] = [:]
        for name in ["appendfsync", "save", "min-replicas-to-write"] {
            let pair = try? await client.call(
                RedisCommand("CONFIG", "GET", name), slot: slot, role: .look, patience: patience
            ) { reply in reply.elements.count == 2 ? reply.elements[1].text : nil }
            if let value = pair ?? nil { config[name] = value }
        }
        var info: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            info[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return ServerSettings(info: info, config: config)
    }

    /// The server's version.
    var version: String { info["redis_version"] ?? "unknown" }
    private var isValkey: Bool { info["server_name"] == "valkey" }
    private var hasAOF: Bool { info["aof_enabled"] == "1" }
    private var policy: String { info["maxmemory_policy"] ?? "unknown" }
    private var replicas: Int { info["connected_slaves"].flatMap { Int($0) } ?? 0 }

    /// Throws if this server would lose jobs unnoticed, or if the store could not work on it.
    func check(_ place: String, _ url: RedisURL) throws {
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        if numbers.count >= 2, !isValkey, (numbers[0], numbers[1]) < (6, 2) {
            throw StoreError.unusable("\(place) is Redis \(version); version 6.2 or newer is needed")
        }
        if info["role"] == "slave" {
            throw StoreError.unusable("\(place) is a replica, which cannot be written: name its master")
        }
        if policy != "noeviction", policy != "unknown", !url.allowsEviction {
            throw StoreError.unusable(
                "\(place) evicts keys when its memory is full (maxmemory-policy \(policy)), which would lose jobs: set "
                    + "maxmemory-policy noeviction, or accept it with ?allow-eviction=1")
        }
    }

    /// Whether an accepted job survives the death of the server's process.
    var isDurable: Bool { hasAOF && config["appendfsync"] == "always" }

    /// Describes what an accepted job survives.
    func line(waiting wait: Int) -> String {
        var words = "\(isValkey ? "valkey" : "redis") \(version), \(persistence)"
        if wait > 0 { words += "; accepted = \(wait) replica\(wait == 1 ? "" : "s") have it (wait=\(wait))" }
        return words
    }

    private var persistence: String {
        if hasAOF {
            switch config["appendfsync"] {
            case "always": return "appendonly, appendfsync always: an accepted job survives the server's death"
            case "no": return "appendonly, appendfsync no: the last half minute can be lost with the machine"
            case "everysec": return "appendonly, appendfsync everysec: up to 2 s can be lost with the machine"
            default: return "appendonly; how often it syncs is not known (CONFIG is not allowed)"
            }
        }
        if let save = config["save"], save.isEmpty {
            return "no persistence: accepted jobs are lost when the server stops"
        }
        return "snapshots only: what was accepted since the last one is lost when the server dies"
    }

    /// What `doctor` reports about the server.
    var findings: [Finding] {
        var findings = [Finding(.info, "\(isValkey ? "valkey" : "redis") \(version), up since \(uptime)")]
        let level: LogLevel = isDurable ? .info : .warning
        findings.append(Finding(level, persistence))
        findings.append(Finding(.info, "\(replicas) replica\(replicas == 1 ? "" : "s") connected"))
        if let limit = info["maxmemory"].flatMap({ Int($0) }), limit > 0,
            let used = info["used_memory"].flatMap({ Int($0) })
        {
            let percent = used * 100 / limit
            findings.append(
                Finding(
                    percent >= 80 ? .warning : .info,
                    "\(used >> 20) of \(limit >> 20) MiB of memory are used (\(percent) %), policy \(policy)"))
        } else if let used = info["used_memory"].flatMap({ Int($0) }) {
            findings.append(
                Finding(.info, "\(used >> 20) MiB of memory are used, with no limit (maxmemory 0), policy \(policy)"))
        }
        if info["rdb_last_bgsave_status"] == "err" {
            findings.append(Finding(.error, "the last snapshot failed: the server may refuse writes; see its log"))
        }
        if info["aof_last_write_status"] == "err" {
            findings.append(Finding(.error, "the last write to the append-only file failed: see the server's log"))
        }
        if info["loading"] == "1" { findings.append(Finding(.warning, "the server is loading its data")) }
        return findings
    }

    private var uptime: String {
        let seconds = info["uptime_in_seconds"].flatMap { Int($0) } ?? 0
        return seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }
}
