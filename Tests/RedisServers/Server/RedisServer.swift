// A real redis-server for one test: on a free port of 127.0.0.1, in a folder of its own, under a keeper that kills it
// when the test process is gone. Besides its port it always listens on a socket file, through which the tests look at
// it as a user of their own, so that TLS, passwords and ACL rules can be whatever the test wants.
import Foundation
import OffstageCore
import OffstageTesting
import Synchronization

/// A Redis server that a test starts, freezes, kills and restarts.
public final class RedisServer: Sendable {
    /// Its port on 127.0.0.1, the same over all restarts.
    public let port: Int
    /// A client that sees everything, whatever the server's passwords and users are.
    public let probe: RedisProbe
    private let scratch: ScratchDirectory
    private let settings: RedisSettings
    private let extra: [String]
    private let process: Mutex<KeptProcess>

    /// Starts a server and waits until it answers; throws ServerError, in one line, with the server's own last words.
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

    // Waits, for the folder goes next, and a server that still runs would write into it.
    deinit { process.withLock { $0.end() } }

    // MARK: Looking

    /// Its folder; the append-only file lies in `appendonlydir`.
    public var folder: String { scratch.path }
    /// Its socket file.
    public var socket: String { scratch.file("socket") }
    /// Its process id; nil while it is down.
    public var pid: Int32? { process.withLock { $0 }.pid }
    /// Whether its process is there, frozen or not.
    public var isRunning: Bool { !process.withLock { $0 }.isOver }
    /// What it has written to its log, over all its lives.
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

    /// Its URL by way of its socket file.
    public var socketURL: String { "unix://\(socket)" }

    // MARK: Acting

    /// Kills it with SIGKILL and waits until it is gone.
    public func kill() async throws {
        let process = process.withLock { $0 }
        process.kill()
        try await process.ends()
    }

    /// Asks it to end (SIGTERM) and waits; kills it if it does not within ten seconds.
    public func stop() async throws {
        let process = process.withLock { $0 }
        process.signal(SIGCONT)
        process.signal(SIGTERM)
        if await TestSignal.holds(within: .seconds(10), { process.isOver }) { return }
        try await kill()
    }

    /// Starts it again on the same port and folder, after killing it if it runs; waits until it answers unless told
    /// otherwise. Throws ServerError.
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

    /// Stops it in the middle of whatever it does (SIGSTOP), and waits until the kernel has.
    public func freeze() async throws {
        let process = process.withLock { $0 }
        process.signal(SIGSTOP)
        #if os(Linux)
            guard await TestSignal.holds(within: .seconds(10), { process.kernelState == "T" }) else {
                throw ServerError("redis-server \(process.pid ?? 0) does not freeze")
            }
        #endif
    }

    /// Lets it go on.
    public func thaw() { process.withLock { $0 }.signal(SIGCONT) }

    // MARK: Its process

    private static func launch(_ extra: [String], _ scratch: ScratchDirectory) throws -> KeptProcess {
        try KeptProcess(
            [Tool.server.path(), scratch.file("redis.conf")] + extra, log: scratch.file("server.log"))
    }

    /// Waits until it answers; false if its port was taken, throws if it ended for another reason or never answers.
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
