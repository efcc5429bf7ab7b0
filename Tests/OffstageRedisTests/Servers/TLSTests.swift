// Whether certificates are valid as described, according to Redis' own client.
import Foundation
import RedisServers
import Testing

@Suite("Redis servers: TLS and users", .timeLimit(.minutes(2)))
struct TLSTests {
    private let login = ["--user", "app", "--pass", "secret", "--no-auth-warning"]

    @Test("redis-cli connects by TLS with the right authority, and not with a wrong one or without TLS")
    func handshake() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        let answer = try await server.client(
            ["--tls", "--cacert", certificates.authority] + login + ["PING"])
        #expect(answer == "PONG\n")
        await #expect(throws: ServerError.self) {
            try await server.client(["--tls", "--cacert", certificates.stranger] + login + ["PING"])
        }
        await #expect(throws: ServerError.self) { try await server.client(login + ["PING"]) }
        #expect(server.url(user: "app", password: "secret") == "rediss://app:secret@127.0.0.1:\(server.port)/0")
    }

    @Test("a server that requires client certificates accepts only clients that have one")
    func clientCertificate() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates, clients: .yes))
        let plain = ["--tls", "--cacert", certificates.authority] + login
        let proven = plain + ["--cert", certificates.client.certificate, "--key", certificates.client.key]
        #expect(try await server.client(proven + ["PING"]) == "PONG\n")
        await #expect(throws: ServerError.self) { try await server.client(plain + ["PING"]) }
    }

    @Test("each certificate contains the expected names")
    func names() async throws {
        let certificates = try await Certificates.make()
        let right = try await Certificates.names(in: certificates.server)
        let wrong = try await Certificates.names(in: certificates.misnamed)
        #expect(right.contains("DNS:localhost") && right.contains("IP Address:127.0.0.1"))
        #expect(wrong.contains("DNS:elsewhere.invalid") && !wrong.contains("localhost"))
        let server = try await RedisServer.tls(RedisTLS(certificates, isMisnamed: true))
        #expect(await server.probe.answersPing())
    }

    @Test("a namespace's user reaches only that namespace, and has no dangerous command")
    func namespaceUser() async throws {
        var settings = RedisSettings()
        settings.users = ["default off", RedisSettings.user("jobs", "key", ofNamespace: "shop")]
        let server = try await RedisServer.start(settings)
        let probe = RedisProbe(.tcp(server.port), login: .init("jobs", "key"))
        #expect(try await probe.command("SET", "{shop.0}line", "x").text == "OK")
        #expect(try await probe.command("EVAL", "return redis.call('GET', KEYS[1])", "1", "{shop.0}line").text == "x")
        #expect(try await probe.command("PUBLISH", "{shop.0}wake", "x").number == 0)
        #expect(try await probe.command("CONFIG", "GET", "maxmemory-policy").array.count == 2)
        for words in [["SET", "{other.0}line", "x"], ["FLUSHALL"], ["CONFIG", "SET", "hz", "10"], ["KEYS", "*"]] {
            let error = await #expect(throws: RedisReplyError.self) {
                try await probe.command(words: words.map { Array($0.utf8) })
            }
            #expect(error?.code == "NOPERM")
        }
    }
}
