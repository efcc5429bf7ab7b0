// A redis-server of its own for one test: on a free loopback port, keeping nothing on disk, stopped by its process id
// at the end, whatever state it was left in.
import Foundation
import OffstageCore
import OffstageTesting
import Synchronization
import Testing

@testable import OffstageRedis

/// One running redis-server.
final class PlainServer: Sendable {
    let port: Int
    private let scratch: ScratchDirectory
    private let arguments: [String]
    private let process = Mutex<Process?>(nil)

    init(_ arguments: [String] = []) throws {
        port = try FreePort.take()
        scratch = try ScratchDirectory()
        self.arguments = arguments
        try start()
    }

    deinit { end() }

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts it again after it was killed.
    func start() throws {
        let fresh = Process()
        fresh.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        fresh.arguments =
            ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", scratch.path]
            + arguments
        fresh.standardOutput = FileHandle.nullDevice
        fresh.standardError = FileHandle.nullDevice
        try fresh.run()
        process.withLock { $0 = fresh }
    }

    func signal(_ number: Int32) {
        process.withLock { if let one = $0 { kill(one.processIdentifier, number) } }
    }

    /// Kills it, and waits until it is gone.
    func end() {
        process.withLock { process in
            guard let one = process else { return }
            kill(one.processIdentifier, SIGKILL)
            one.waitUntilExit()
            process = nil
        }
    }

    /// A client that is given all the time a slow machine needs for the server to come up.
    func client(_ url: String? = nil, _ options: RedisClientOptions = RedisClientOptions()) async throws -> RedisClient
    {
        var options = options
        options.openPatience = .seconds(20)
        return try await RedisClient.open(try RedisURL(url ?? self.url), options: options)
    }
}

enum FreePort {
    /// A port that nobody listens on now.
    static func take() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &name) { bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
        }
        try #require(code)
        return Int(UInt16(bigEndian: name.sin_port))
    }

    static func loopback(port: Int) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return name
    }
}

/// What a call that has to fail failed with.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch { return error as? StoreError }
}
