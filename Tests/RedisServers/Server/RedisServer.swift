// A real redis-server for one test: on a free port of 127.0.0.1, in a temporary folder, under a keeper that kills it
// when the test process ends. It also always listens on a socket file, through which the tests inspect it with a
// separate user, so that TLS, passwords and ACL rules can be whatever the test needs.
import Foundation
import OffstageCore
import OffstageTesting
import Synchronization

/// A Redis server that a test starts, freezes, kills and restarts.
public final class RedisServer: Sendable {
    /// Its port on 127.0.0.1, which stays the same over all restarts.
    public let port: Int
    /// A client that may run every command, whatever the server's passwords and users are.
    public let probe: RedisProbe
    private let scratch: ScratchDirectory
    private let settings: RedisSettings
    private let extra: [String]
    private let process: Mutex<KeptProcess>

    /// Starts a server and waits until it replies. Throws `ServerError`, in one line, with the end of the server's log.
    public static func start(_ settings: RedisSettings = RedisSettings()) async throws -> RedisServer {
        try await start(settings) { port, folder in settings.configuration(port: port, folder: folder) }
    }

    static func start(
        _ settings: RedisSettings, arguments: [String] = [], writing: (Int, String) throws -> String
    ) async throws -> RedisServer {
        let distances = settings.isClusterNode ? [RedisSettings.busDistance] : []
        for _ in 0..<10 {
            let port = try FreePort.take(with: distances)
            let scratch = try ScratchDirectory(onDisk: settings.isOnDisk)
            try writing(port, scratch.path).write(
                toFile: scratch.file("redis.conf"), atomically: true, encoding: .utf8)
            let server = try RedisServer(settings, arguments, port, scratch)
            if try await server.isUp() { return server }
        }
        throw ServerError("ten ports, and each was taken by others before redis-server could listen there")
    }

    private init(_ settings: RedisSettings, _ extra: [String], _ port: Int, _ scratch: ScratchDirectory) throws {
        self.settings = settings
        self.extra = extra
        self.port = port
        self.scratch = scratch
        let isSentinel = extra.contains("--sentinel")
        probe =
            isSentinel
            ? RedisProbe(.tcp(port)) : RedisProbe(.unix(scratch.file("socket")), login: RedisSettings.looker)
        process = Mutex(try Self.launch(extra, scratch))
    }

    // Waits, because the folder is deleted next, and a server that still runs would write into it.
    deinit { process.withLock { $0.end() } }

    // MARK: Looking

    /// The path of its folder; the append-only file is in `appendonlydir`.
    public var folder: String { scratch.path }
    /// The path of its socket file.
    public var socket: String { scratch.file("socket") }
    /// Its process id; nil while it is down.
    public var pid: Int32? { process.withLock { $0 }.pid }
    /// Whether its process exists, frozen or not.
    public var isRunning: Bool { !process.withLock { $0 }.isOver }
    /// Its log, over all restarts.
    public var log: String { process.withLock { $0 }.log }

    /// Its URL, with its default user's password if there is one.
    public var url: String {
        let scheme = settings.tls == nil ? "redis" : "rediss"
        let login = settings.password.map { ":\($0)@" } ?? ""
        return "\(scheme)://\(login)127.0.0.1:\(port)/0"
    }

    /// Its URL for a user.
    public func url(user: String, password: String, host: String = "127.0.0.1") -> String {
        "\(settings.tls == nil ? "redis" : "rediss")://\(user):\(password)@\(host):\(port)/0"
    }

    /// Its URL through its socket file.
    public var socketURL: String { "unix://\(socket)" }

    // MARK: Acting

    /// Kills it with SIGKILL and waits until it has ended.
    public func kill() async throws {
        let process = process.withLock { $0 }
        process.kill()
        try await process.ends()
    }

    /// Sends SIGTERM and waits until it has ended; kills it if it does not end within ten seconds.
    public func stop() async throws {
        let process = process.withLock { $0 }
        process.signal(SIGCONT)
        process.signal(SIGTERM)
        if await TestSignal.holds(within: .seconds(10), { process.isOver }) { return }
        try await kill()
    }

    /// Starts it again on the same port and folder, after killing it if it runs. Waits until it replies, unless
    /// `waiting` is false. Throws `ServerError`.
    public func restart(waiting: Bool = true) async throws {
        try await kill()
        let limit = SystemTime().monotonicMicroseconds() + Duration.seconds(10).microseconds
        while true {
            let new = try Self.launch(extra, scratch)
            process.withLock { $0 = new }
            if !waiting { return }
            if try await isUp() { return }
            guard SystemTime().monotonicMicroseconds() < limit else {
                throw ServerError("port \(port) was taken by others while redis-server was down")
            }
        }
    }

    /// Stops it with SIGSTOP, whatever it is doing, and waits until the kernel has stopped it.
    public func freeze() async throws {
        let process = process.withLock { $0 }
        process.signal(SIGSTOP)
        #if os(Linux)
            guard await TestSignal.holds(within: .seconds(10), { process.kernelState == "T" }) else {
                throw ServerError("redis-server \(process.pid ?? 0) does not freeze")
            }
        #endif
    }

    /// Continues it after `freeze`.
    public func thaw() { process.withLock { $0 }.signal(SIGCONT) }

    // MARK: Its process

    private static func launch(_ extra: [String], _ scratch: ScratchDirectory) throws -> KeptProcess {
        try KeptProcess(
            [Tool.server.path(), scratch.file("redis.conf")] + extra, log: scratch.file("server.log"))
    }

    /// Waits until it replies. Returns false if its port was taken; throws if it ended for another reason or never
    /// replies.
    private func isUp() async throws -> Bool {
        let process = process.withLock { $0 }
        let isUp = await TestSignal.holds(within: .seconds(20)) {
            if process.isOver { return true }
            return process.pid != nil ? await probe.answersPing() : false
        }
        guard isUp, !process.isOver else {
            let words = process.log.split(separator: "\n").suffix(4).joined(separator: " | ")
            if words.contains("Address already in use") || words.contains("Failed listening") { return false }
            throw ServerError("redis-server \(process.isOver ? "ended" : "does not answer"): \(words)")
        }
        return true
    }
}
