// TLS misconfigurations: another host's certificate, an untrusted authority, a missing client certificate, a client
// without TLS, and a server without TLS. Also URLs with mistakes.
import OffstageCore
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct CertificateTests {
    private func refused(_ url: String, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) async {
        let (error, line, took) = await Trouble.failure {
            let store = try await Trouble.store(url, patience: .milliseconds(800))
            await store.close()
        }
        guard case .unusable = error else {
            Issue.record("\(url): \(line)", sourceLocation: sourceLocation)
            return
        }
        for word in words { #expect(line.contains(word), "\(line)", sourceLocation: sourceLocation) }
        #expect(!line.contains("\n") && took < .seconds(4), "\(line)", sourceLocation: sourceLocation)
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates, isMisnamed: true))
        let url = server.url(user: "app", password: "secret", host: "localhost") + "?ca=\(certificates.authority)"
        await refused(url, "localhost:\(server.port)", "ertificate")
        let number = server.url(user: "app", password: "secret") + "?ca=\(certificates.authority)"
        await refused(number, "127.0.0.1:\(server.port)", "ertificate")
        let store = try await Trouble.store(url + "&verify=0")
        #expect(try await store.put() == .stored(.available))
        await store.close()
    }

    @Test func anAuthorityThatIsNotOursIsRefused() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        let url = server.url(user: "app", password: "secret", host: "localhost")
        await refused(url + "?ca=\(certificates.stranger)", "localhost:\(server.port)", "ertificate")
        await refused(url, "localhost:\(server.port)", "ertificate")
        await refused(url + "?ca=/nowhere/ca.pem", "/nowhere/ca.pem")
        // Turning off the check of the host name does not turn off the check of the authority.
        await refused(url + "?verify=0&ca=\(certificates.stranger)", "ertificate")
        let store = try await Trouble.store(url + "?ca=\(certificates.authority)")
        #expect(try await store.put() == .stored(.available))
        await store.close()
    }

    @Test func whoHasNoCertificateIsToldWhereOneIsWanted() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates, clients: .yes))
        let url = server.url(user: "app", password: "secret") + "?ca=\(certificates.authority)"
        await refused(url, "127.0.0.1:\(server.port)", "ertificate")
        let proof = "&cert=\(certificates.client.certificate)&key=\(certificates.client.key)"
        let store = try await Trouble.store(url + proof)
        #expect(try await store.put() == .stored(.available))
        await store.close()
    }

    @Test func tlsAndNoTLSDoNotMeet() async throws {
        let certificates = try await Certificates.make()
        let server = try await RedisServer.tls(RedisTLS(certificates))
        await refused("redis://app:secret@127.0.0.1:\(server.port)", "127.0.0.1:\(server.port)")
        let plain = try await RedisServer.start()
        await refused(
            "rediss://127.0.0.1:\(plain.port)?connect-timeout=500ms&ca=\(certificates.authority)",
            "127.0.0.1:\(plain.port)")
    }

    @Test(arguments: [
        ("redis://:hunter2@127.0.0.1:99999", "port"), ("redis://:hunter2@127.0.0.1:6379/x", "database"),
        ("redis://127.0.0.1?wiat=1", "wiat"), ("redis://:hunter2@127.0.0.1?wiat=1", "not known"),
        ("redis://127.0.0.1?wait=many", "wait"),
        ("redis://127.0.0.1?namespace=a%7Bb", "namespace"), ("redis://127.0.0.1?partitions=0", "partitions"),
        ("redis://127.0.0.1?allow-eviction=yes", "allow-eviction"), ("redis://127.0.0.1?ca=/x", "rediss://"),
        ("redis://a,b", "2 hosts"), ("redis+sentinel://127.0.0.1:26379", "name of the master"),
        ("redis+cluster://127.0.0.1/3", "database 0"), ("unix://socket", "whole path"), ("redis://", "host"),
        ("http://127.0.0.1", "http"), ("127.0.0.1:6379", "scheme"), ("redis://u:hunter2/x@127.0.0.1", "%2F"),
    ])
    func aBadURLIsToldWithThePartThatIsWrong(url: String, part: String) async {
        await refused(url, part)
        let (_, line, _) = await Trouble.failure { _ = try await Trouble.store(url, patience: .milliseconds(300)) }
        #expect(!line.contains("hunter2"), "\(line)")
    }
}
