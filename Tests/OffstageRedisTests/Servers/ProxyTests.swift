// Whether the proxy cuts where it was told to: at the byte, once, and in the right direction.
import OffstageTesting
import RedisServers
import Testing

@Suite("Redis servers: the cutting proxy", .timeLimit(.minutes(2)))
struct ProxyTests {
    @Test("bytes pass in both directions, and are counted")
    func passes() async throws {
        let (server, proxy) = try await make()
        let probe = RedisProbe(.tcp(proxy.port))
        let big = String(repeating: "x", count: 300_000)
        #expect(try await probe.command("SET", "a", big).text == "OK")
        #expect(try await server.probe.command("STRLEN", "a").number == big.count)
        #expect(try await probe.command("GET", "a").text == big)
        #expect(proxy.bytes(.fromServer) > big.count && proxy.bytes(.fromClient) > big.count)
        #expect(proxy.accepted == 1 && proxy.cuts == 0)
    }

    @Test("a cut in the middle of a reply: the command was carried out, the reply does not arrive")
    func cutsAnswer() async throws {
        let (server, proxy) = try await make()
        let probe = RedisProbe(.tcp(proxy.port))
        try await probe.command("PING")
        let before = proxy.bytes(.fromServer)
        proxy.cut(after: 2, .fromServer)
        await #expect(throws: ServerError.self) { try await probe.command("SET", "a", "b") }
        #expect(proxy.bytes(.fromServer) == before + 2)
        #expect(try await server.probe.command("GET", "a").text == "b")
        // Only once: the next connection is not cut.
        #expect(try await probe.command("GET", "a").text == "b")
        #expect(proxy.cuts == 1 && proxy.accepted == 2)
    }

    @Test("a cut in the middle of a command: it was never carried out")
    func cutsCommand() async throws {
        let (server, proxy) = try await make()
        let probe = RedisProbe(.tcp(proxy.port))
        try await probe.command("PING")
        proxy.cut(after: 20, .fromClient)
        await #expect(throws: ServerError.self) { try await probe.command("SET", "a", "b") }
        #expect(try await server.probe.command("EXISTS", "a").number == 0)
        #expect(await TestSignal.holds { proxy.connections == 0 })
    }

    @Test("a stalled proxy passes no reply; when it flows again the held back one arrives")
    func stalls() async throws {
        let (server, proxy) = try await make()
        let probe = RedisProbe(.tcp(proxy.port))
        try await probe.command("PING")
        proxy.stall()
        async let held = probe.command("SET", "a", "b", within: .seconds(10))
        #expect(await !RedisProbe(.tcp(proxy.port)).answersPing(within: .milliseconds(200)))
        #expect(try await server.probe.command("EXISTS", "a").number == 0)
        proxy.flow()
        #expect(try await held.text == "OK")
    }

    @Test("a proxy that refuses keeps its connections and accepts no other, until told to")
    func refuses() async throws {
        let (server, proxy) = try await make()
        let old = RedisProbe(.tcp(proxy.port))
        try await old.command("PING")
        proxy.refuse()
        #expect(await old.answersPing())
        #expect(await !RedisProbe(.tcp(proxy.port)).answersPing())
        proxy.cutAll()
        #expect(await !old.answersPing())
        try proxy.accept()
        #expect(await old.answersPing())
        #expect(server.isRunning)
    }

    private func make() async throws -> (RedisServer, CuttingProxy) {
        let server = try await RedisServer.start()
        return (server, try CuttingProxy(to: .tcp(server.port)))
    }
}
