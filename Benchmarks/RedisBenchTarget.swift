// Fresh Redis stores: separate namespaces on the given server, with names that no other program uses. Their keys are
// found by name alone and unlinked one by one, so nothing else on the server is touched.
import Foundation
public import OffstageCore
public import OffstageRedis

/// Makes fresh namespaces on a Redis server to measure.
public struct RedisBenchTarget: BenchTarget {
    private let server: RedisLocation
    private let place: BareRedisPlace
    private let prefix: String

    /// Chooses the names. Throws StoreError if the server does not reply, or is not a single server without TLS.
    public init(_ server: RedisLocation) async throws {
        self.server = server
        let place = try BareRedisPlace(server)
        self.place = place
        // Benchmarks of several machines may run on one server, from containers whose process ids all start at 1.
        var random = SystemRandom()
        let mark = String(random.next() as UInt64, radix: 36)
        prefix = "bench-\(ProcessInfo.processInfo.processIdentifier)-\(mark)"
        try await onOwnThread { _ = try BareRedis(place).ask(["PING"]) }
    }

    /// Returns the URL of a namespace, including its password.
    public func location(_ name: String) -> String {
        (try? server.inNamespace("\(prefix)-\(name)"))?.url ?? server.url
    }

    /// Opens the store of a namespace.
    public func open(_ name: String, keep: Int) async throws -> any Store {
        var options = StoreOptions()
        options.retention.completedCount = keep
        options.log = SilentLog()
        return try await RedisStore.open(server.inNamespace("\(prefix)-\(name)").url, options: options)
    }

    /// Returns nil: the size of a store is a difference in the server's memory use.
    public func bytes(_ name: String) -> Int? { nil }

    /// Returns what the server's process has used. The CPU time is `used_cpu_user` and `used_cpu_sys` of INFO: all its
    /// threads, but not the children that write snapshots. The bytes are `used_memory`: everything it holds, including
    /// other data and buffers.
    public func usage() async throws -> ServerUsage? {
        try await onOwnThread { [place] in
            let redis = try BareRedis(place)
            let cpu = try Self.info("cpu", redis)
            let memory = try Self.info("memory", redis)
            guard let user = cpu["used_cpu_user"].flatMap({ Double($0) }),
                let system = cpu["used_cpu_sys"].flatMap({ Double($0) }),
                let bytes = memory["used_memory"].flatMap({ Int($0) })
            else { return nil }
            return ServerUsage(cpuMicroseconds: (user + system) * 1_000_000, bytes: bytes)
        }
    }

    /// Runs the bare loop in a separate namespace.
    public func raw(jobs: Int, arguments: [UInt8], keep: Int) async throws -> (enqueue: Double, drain: Double)? {
        let base = "{\(prefix)-raw.0}"
        let rates = try await onOwnThread { [place] in
            let loop = RedisRawLoop(try BareRedis(place), base: base, jobs: jobs)
            let watch = StopWatch()
            try loop.enqueue(arguments: arguments)
            let enqueue = watch.lap()
            try loop.drain(keep: keep)
            return (Double(jobs) / enqueue, Double(jobs) / watch.lap())
        }
        await remove("raw")
        return rates
    }

    /// Pushes to a list of the namespace's.
    public func sendBare(_ name: String, count: Int) async throws {
        let list = Self.bareList(try server.inNamespace("\(prefix)-\(name)"))
        try await onOwnThread { [place] in try OffstageBench.sendBare(place, list: list, count: count) }
    }

    /// The list for bare messages in a namespace.
    public static func bareList(_ location: RedisLocation) -> String { "{\(location.namespace ?? "offstage").0}bare" }

    /// Removes a namespace's keys.
    public func remove(_ name: String) async { await unlink("{\(prefix)-\(name).") }

    /// Removes the keys of all namespaces that this target has made.
    public func cleanUp() async { await unlink("{\(prefix)-") }

    /// Unlinks the keys with a prefix, and waits until the server is idle.
    private func unlink(_ beginning: String) async {
        try? await onOwnThread { [place] in
            let redis = try BareRedis(place)
            var cursor = "0"
            repeat {
                // The names contain no character that has a meaning in a pattern.
                let found = try redis.ask(["SCAN", cursor, "MATCH", "\(beginning)*", "COUNT", "1000"]).parts
                guard found.count == 2 else { return }
                cursor = found[0].text
                if !found[1].parts.isEmpty { try redis.ask(["UNLINK"] + found[1].parts.map(\.text)) }
            } while cursor != "0"
            try Self.awaitRest(redis)
        }
    }

    /// Waits until the server has freed what was unlinked and has rewritten its log, for at most 30 s. The next part
    /// must not pay for what the previous one left behind.
    private static func awaitRest(_ redis: BareRedis) throws {
        let watch = StopWatch()
        var seconds = 0.0
        while seconds < 30 {
            let memory = try info("memory", redis)
            let log = try info("persistence", redis)
            let isBusy = ["aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress"].contains {
                log[$0] == "1"
            }
            if !isBusy, memory["lazyfree_pending_objects"] == "0" { return }
            usleep(10_000)
            seconds += watch.lap()
        }
    }

    private static func info(_ section: String, _ redis: BareRedis) throws -> [String: String] {
        let lines = try redis.ask(["INFO", section]).text.split(whereSeparator: \.isNewline)
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...]))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
