// The client with a real redis-server: what is sent arrives in order, and replies are read.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

private let patience = Duration.seconds(20)

@Suite(.timeLimit(.minutes(2))) struct ClientTests {
    @Test func concurrentCallsShareAConnectionAndAreEachAnsweredTheirOwn() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let answers = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for number in 0..<500 {
                group.addTask {
                    (
                        number,
                        try await client.call(RedisCommand("ECHO", "e\(number)"), slot: 0, patience: patience) {
                            $0.text
                        }
                    )
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, "e\($0)") }))
        let list = try await client.call(RedisCommand("CLIENT", "LIST"), slot: 0, patience: patience) { $0.text ?? "" }
        #expect(list.split(separator: "\n").filter { $0.contains("name=offstage ") }.count == 1)
        await client.close()
    }

    @Test func eachRoleHasAConnectionSoThatOneThatWaitsStopsNoOther() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        async let blocked = client.call(RedisCommand("BLPOP", "k", "0"), slot: 0, role: .look, patience: patience) {
            $0.elements[1].text
        }
        let pushed = try await client.call(RedisCommand("RPUSH", "k", "v"), slot: 0, patience: patience) { $0.integer }
        #expect(pushed == 1)
        #expect(try await blocked == "v")
        await client.close()
    }

    @Test func anyBytesAndLargeOnesComeBackAsTheyWent() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for bytes in [[], [0, 13, 10, 255], large] {
            var set = RedisCommand("SET", "k")
            set.append(bytes)
            try await client.call(set, slot: 0, patience: patience) { #expect($0.text == "OK") }
            let back = try await client.call(RedisCommand("GET", "k"), slot: 0, patience: patience) {
                $0.bytes.map { Array($0) }
            }
            #expect(back == bytes)
        }
        let none = try await client.call(RedisCommand("GET", "none"), slot: 0, patience: patience) { $0.isNil }
        #expect(none)
        await client.close()
    }

    @Test func aScriptThatTheServerForgotIsLoadedAgain() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let script = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
        for round in 1...3 {
            let sums = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await client.evaluate(
                            script, keys: ["n"], slot: 0, arguments: { $0.append(2) }, patience: patience
                        ) { try #require($0.integer) }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(sums == Set((1...50).map { Int64($0 * 2 + (round - 1) * 102) }))
            try await client.call(RedisCommand("SCRIPT", "FLUSH"), slot: 0, patience: patience) { _ in }
            // A cast is sent before the calls that come after it, even if its script has to be loaded first.
            client.castScript(script, keys: ["n"], slot: 0, arguments: { $0.append(2) })
            let isAdded = try await TestSignal.holds {
                try await client.call(RedisCommand("GET", "n"), slot: 0, patience: patience) { $0.integer }
                    == Int64(round * 102)
            }
            #expect(isAdded)
        }
        await client.close()
    }

    @Test func aPairGoesOutTogetherAndIsReadTogether() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let script = RedisScript(name: "put", source: "return redis.call('SET', KEYS[1], ARGV[1])")
        var put = RedisCommand(script, keys: ["k"])
        put.append("v")
        let answer = try await client.call(pair: (put, RedisCommand("WAIT", "0", "100")), slot: 0, patience: patience) {
            "\($0.text ?? "") \($1.integer ?? -1)"
        }
        #expect(answer == "OK 0")
        await client.close()
    }

    @Test func errorRepliesBecomeErrorsThatNameHostCommandAndCause() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let script = RedisScript(name: "enqueue", source: "return redis.error_reply('ERR a wrong turn')")
        let failed = await storeError {
            try await client.evaluate(script, keys: [], slot: 0, arguments: { _ in }, patience: patience) { _ in }
        }
        #expect(failed == .failed("127.0.0.1:\(server.port): enqueue: ERR a wrong turn"))
        try await client.call(RedisCommand("CONFIG", "SET", "maxmemory", "1"), slot: 0, patience: patience) { _ in }
        let full = await storeError {
            try await client.call(RedisCommand("SET", "k", "v"), slot: 0, patience: patience) { _ in }
        }
        guard case .full(let line) = full else {
            Issue.record("no memory was answered with \(String(describing: full))")
            return
        }
        #expect(line.hasPrefix("127.0.0.1:\(server.port): SET: OOM"))
        await client.close()
    }

    @Test func aSubscriberHearsEveryMessageAndIsToldWhenItStands() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let heard = Mutex<[[UInt8]]>([])
        let stands = Mutex(0)
        let subscriber = client.subscribe(
            channel: "c", slot: 0, onSubscribed: { stands.withLock { $0 += 1 } },
            onMessage: { message in heard.withLock { $0.append(message) } })
        #expect(await TestSignal.holds { stands.withLock { $0 } == 1 })
        for number in 0..<100 {
            let count = try await client.call(RedisCommand("PUBLISH", "c", "m\(number)"), slot: 0, patience: patience) {
                $0.integer
            }
            #expect(count == 1)
        }
        #expect(await TestSignal.holds { heard.withLock { $0.count } == 100 })
        #expect(heard.withLock { $0 } == (0..<100).map { Array("m\($0)".utf8) })
        // The subscriber reconnects by itself.
        try await client.call(RedisCommand("CLIENT", "KILL", "TYPE", "pubsub"), slot: 0, patience: patience) { _ in }
        #expect(await TestSignal.holds { stands.withLock { $0 } == 2 })
        await subscriber.close()
        let isGone = try await TestSignal.holds {
            try await client.call(RedisCommand("PUBLISH", "c", "m"), slot: 0, patience: patience) { $0.integer } == 0
        }
        #expect(isGone)
        await client.close()
        let closed = await storeError {
            try await client.call(RedisCommand("PING"), slot: 0, patience: patience) { _ in }
        }
        #expect(closed == .closed)
    }

    @Test func aUnixSocketServesAsWell() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect(server.socketURL + "?db=3")
        let info = try await client.call(RedisCommand("CLIENT", "INFO"), slot: 0, patience: patience) { $0.text ?? "" }
        #expect(info.contains("db=3"))
        await client.close()
    }
}
