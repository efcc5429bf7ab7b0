// What a client sends to sentinels and how it handles their replies, with fake sentinels that reply as the test wants.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(1))) struct SentinelTests {
    private func told(_ port: Int) -> String { "*2\r\n$9\r\n127.0.0.1\r\n$\("\(port)".count)\r\n\(port)\r\n" }

    @Test func sentinelsHaveUsersOfTheirOwn() async throws {
        var settings = RedisSettings()
        settings.password = "data"
        let server = try await RedisServer.start(settings)
        let port = server.port
        let answer = told(port)
        let sentinel = try FakeServer { _, request in
            if request.contains("AUTH") {
                return .bytes(request.contains("watch") && request.contains("eyes") ? "+OK\r\n" : "-WRONGPASS no\r\n")
            }
            return .bytes(request.contains("get-master-addr-by-name") ? answer : "-ERR what\r\n")
        }
        let url = "redis+sentinel://:data@127.0.0.1:\(sentinel.port)/main"
        let client = try await server.connect(url + "?sentinel-user=watch&sentinel-password=eyes")
        #expect(client.address(slot: 0) == "127.0.0.1:\(port)")
        await client.close()
        let error = await storeError {
            _ = try await server.connect(url + "?sentinel-user=watch&sentinel-password=closed")
        }
        guard case .unusable(let line) = error else {
            Issue.record("a wrong password was answered with \(String(describing: error))")
            return
        }
        #expect(line.contains("127.0.0.1:\(sentinel.port): AUTH: WRONGPASS"), "\(line)")
        #expect(!line.contains("closed"))
    }

    @Test func aReplicaThatASentinelStillTakesForTheMasterIsNotBelieved() async throws {
        let master = try await RedisServer.start()
        var settings = RedisSettings()
        settings.replicaOf = master.port
        let replica = try await RedisServer.start(settings)
        let port = Mutex(replica.port)
        let sentinel = try FakeServer { _, _ in .bytes(told(port.withLock { $0 })) }
        let url = "redis+sentinel://127.0.0.1:\(sentinel.port)/main"
        var options = RedisClientOptions()
        options.openPatience = .milliseconds(500)
        let error = await storeError { _ = try await master.connect(url, options) }
        guard case .unusable(let line) = error else {
            Issue.record("a replica was answered with \(String(describing: error))")
            return
        }
        #expect(line.contains("127.0.0.1:\(replica.port): it is a slave, not the master"), "\(line)")
        // While the client waits, the sentinel learns the right master.
        options.openPatience = .seconds(20)
        async let client = master.connect(url, options)
        port.withLock { $0 = master.port }
        let opened = try await client
        #expect(opened.address(slot: 0) == "127.0.0.1:\(master.port)")
        await opened.close()
    }

    @Test func aSentinelThatIsGoneIsPassedOver() async throws {
        let server = try await RedisServer.start()
        let gone = try await RedisServer.start()
        try await gone.kill()
        let answer = told(server.port)
        let sentinel = try FakeServer { _, _ in .bytes(answer) }
        let client = try await server.connect(
            "redis+sentinel://127.0.0.1:\(gone.port),127.0.0.1:\(sentinel.port)/main")
        await client.close()
    }
}
