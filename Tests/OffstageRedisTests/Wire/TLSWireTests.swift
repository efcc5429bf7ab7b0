// TLS with real certificates: which servers the client trusts, and how it identifies itself.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

private let patience = Duration.seconds(20)

@Suite(.timeLimit(.minutes(2))) struct TLSWireTests {
    private func open(_ url: String) async throws -> RedisClient {
        try await RedisClient.open(try RedisURL(url), options: RedisClientOptions())
    }

    private func refusal(_ url: String) async -> String {
        let error = await storeError {
            let client = try await open(url)
            await client.close()
        }
        guard case .unusable(let line) = error else { return "not refused: \(String(describing: error))" }
        return line
    }

    @Test func aServerWithTheRightCertificateIsSpokenToByNameAndByAddress() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for host in ["localhost", "127.0.0.1"] {
            let url = server.url(user: "app", password: "secret", host: host)
            let client = try await open("\(url)?ca=\(certificates.authority)")
            var set = RedisCommand("SET", "k")
            set.append(large)
            try await client.call(set, slot: 0, patience: patience) { _ in }
            let answers = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await client.call(RedisCommand("GET", "k"), slot: 0, patience: patience) {
                            $0.bytes.map { Array($0) }
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 == large ? 1 : 0 }
            }
            #expect(answers == 8)
            await client.close()
        }
    }

    @Test func aStrangeAuthorityAndAWrongNameAreRefused() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        let url = server.url(user: "app", password: "secret")
        for query in ["ca=\(certificates.stranger)", "connect-timeout=5"] {
            let line = await refusal("\(url)?\(query)")
            #expect(line.contains("127.0.0.1:\(server.port): its certificate is not accepted: "), "\(line)")
        }
        let misnamed = try await RedisServer.tls(RedisTLS(certificates, isMisnamed: true))
        let ca = "?ca=\(certificates.authority)"
        let byAddress = await refusal(misnamed.url(user: "app", password: "secret") + ca)
        #expect(byAddress.contains("its certificate is not accepted: IP address mismatch"), "\(byAddress)")
        let byName = await refusal(misnamed.url(user: "app", password: "secret", host: "localhost") + ca)
        #expect(
            byName.contains("localhost:\(misnamed.port): its certificate is not accepted: hostname mismatch"),
            "\(byName)")
        // The URL can turn off the check of the host name.
        let client = try await open(misnamed.url(user: "app", password: "secret") + ca + "&verify=0")
        await client.close()
    }

    @Test func aServerThatAsksForACertificateGetsOne() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates, clients: .yes))
        let url = server.url(user: "app", password: "secret") + "?ca=\(certificates.authority)"
        let line = await refusal(url)
        #expect(line.contains("127.0.0.1:\(server.port): TLS: ") && line.contains("certificate required"), "\(line)")
        let client = try await open(
            "\(url)&cert=\(certificates.client.certificate)&key=\(certificates.client.key)")
        #expect(try await client.call(RedisCommand("PING"), slot: 0, patience: patience) { $0.text } == "PONG")
        await client.close()
    }

    @Test func filesThatAreNoneAreNamed() async throws {
        let certificates = try await Certificates.make()
        let client = certificates.client
        let stranger = certificates.server.key
        let table = [
            ("ca=/nowhere/ca.pem", "the certificate authorities in /nowhere/ca.pem cannot be read"),
            ("cert=/nowhere/c.pem", "the client's certificate in /nowhere/c.pem cannot be read"),
            ("cert=\(client.certificate)", "the client's private key in \(client.certificate) cannot be used"),
            ("cert=\(client.certificate)&key=\(stranger)", "key"),
        ]
        for (query, part) in table {
            let line = await refusal("rediss://127.0.0.1:1?\(query)")
            #expect(line.contains(part) && !line.contains("\n"), "\(line)")
        }
    }

    @Test func plainTalkToATLSServerAndTLSTalkToAPlainOneAreTold() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        let plain = await refusal("redis://app:secret@127.0.0.1:\(server.port)")
        #expect(plain.contains("127.0.0.1:\(server.port)") && plain.contains("rediss://"), "\(plain)")
        let other = try await RedisServer.start()
        let wrong = await refusal("rediss://127.0.0.1:\(other.port)?connect-timeout=1&ca=\(certificates.authority)")
        #expect(wrong.contains("does it speak TLS at all?"), "\(wrong)")
    }
}
