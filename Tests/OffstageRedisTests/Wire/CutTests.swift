// A connection that is cut at random bytes, in the middle of commands and replies, while many callers use it: each gets
// its own reply, and none is lost.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

private let patience = Duration.seconds(30)

@Suite(.timeLimit(.minutes(2))) struct CutTests {
    @Test(arguments: [UInt64(1), 2]) func eachCallGetsItsOwnAnswerThoughTheWireIsCutAgainAndAgain(seed: UInt64)
        async throws
    {
        let server = try await RedisServer.start()
        let proxy = try CuttingProxy(to: .tcp(server.port))
        let client = try await server.connect(proxy.url)
        let script = RedisScript(name: "echo", source: "return ARGV[1]")
        let isOver = TestSignal()
        let calls = Tally()
        let callers = (0..<16).map { caller in
            Task { () throws in
                var random = SeededRandom(seed: seed &* 1000 &+ UInt64(caller))
                var number = 0
                while !isOver.isSet {
                    number += 1
                    let text = "\(caller).\(number)." + String(repeating: "x", count: Int(random.next() % 3000))
                    let answer: String?
                    if number.isMultiple(of: 2) {
                        answer = try await client.evaluate(
                            script, keys: [], slot: 0, arguments: { $0.append(text) }, patience: patience,
                            { $0.text })
                    } else {
                        let pair = (RedisCommand("ECHO", text), RedisCommand("ECHO", String(text.prefix(20))))
                        answer = try await client.call(pair: pair, slot: 0, patience: patience) { first, second in
                            #expect(second.text == String(text.prefix(20)))
                            return first.text
                        }
                    }
                    #expect(answer == text)
                    calls.add()
                }
            }
        }
        var random = SeededRandom(seed: seed)
        for cut in 1...30 {
            let way: CuttingProxy.Way = random.next().isMultiple(of: 2) ? .fromClient : .fromServer
            proxy.cut(after: Int(random.next() % 40_000), way)
            let before = calls.count
            try #require(await TestSignal.holds { proxy.cuts == cut && calls.count > before })
        }
        isOver.set()
        for caller in callers { try await caller.value }
        #expect(proxy.accepted > 30)
        await client.close()
    }

    @Test func aCallThatWaitsOutANetworkThatLosesEverythingIsSentAgain() async throws {
        let server = try await RedisServer.start()
        let proxy = try CuttingProxy(to: .tcp(server.port))
        var options = RedisClientOptions()
        options.commandTimeout = .milliseconds(500)
        let client = try await server.connect(proxy.url + "?connect-timeout=1", options)
        proxy.stall()
        async let answer = client.call(RedisCommand("ECHO", "x"), slot: 0, patience: patience) { $0.text }
        // The client gives up the silent connection and tries another.
        #expect(await TestSignal.holds { proxy.accepted > 1 })
        proxy.flow()
        #expect(try await answer == "x")
        await client.close()
    }

    @Test func patienceIsMeasuredByTheClientsClock() async throws {
        let server = try await RedisServer.start()
        let proxy = try CuttingProxy(to: .tcp(server.port))
        let time = ManualTime()
        var options = RedisClientOptions()
        options.clock = time
        let client = try await server.connect(proxy.url, options)
        proxy.stall()
        let isOver = TestSignal()
        let call = Task {
            let error = await storeError {
                try await client.call(RedisCommand("INCR", "k"), slot: 0, patience: .seconds(3600)) { _ in }
            }
            isOver.set()
            return error
        }
        #expect(await TestSignal.holds { proxy.bytes(.fromClient) > 0 })
        #expect(!isOver.isSet)
        #expect(
            await TestSignal.holds {
                time.advance(by: .seconds(600))
                return await isOver.wait(within: .milliseconds(50))
            })
        #expect(await call.value == .unknownOutcome("127.0.0.1:\(proxy.port): no answer to INCR within 3600.0 seconds"))
        await client.close()
    }
}
