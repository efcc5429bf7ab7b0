// Store addresses: which store an address names, what is refused, and that a password is never shown.
import OffstageCore
import OffstageRedis
import Synchronization
import Testing

@testable import OffstageCLI

@Suite struct StoreURLTests {
    private func redis(_ url: String) throws -> StoreURL.Location { .redis(try RedisLocation(url)) }

    @Test func filesAreRead() throws {
        #expect(try StoreURL.parse("sqlite:a/b.db", from: "--store").location == .sqlite(path: "a/b.db"))
        let named = try StoreURL.parse("sqlite:/x.db?namespace=shop", from: "--store")
        #expect(named == StoreURL(location: .sqlite(path: "/x.db"), namespace: "shop"))
        #expect(!named.isServer)
    }

    @Test(arguments: [
        "redis://h", "rediss://h:6380/2", "unix:///run/redis.sock", "redis+sentinel://a,b:26380/main",
        "rediss+sentinel://a/main", "redis+cluster://a,b,c", "rediss+cluster://a", "redis://u:p@h/0?wait=1",
    ])
    func redisAddressesArePassedOnWhole(_ text: String) throws {
        let url = try StoreURL(text)
        #expect(url.location == (try redis(text)))
        #expect(url.absolute(in: "/tmp") == text)
        #expect(url.isServer)
    }

    @Test func aNamespaceBelongsToTheAddress() throws {
        #expect(try StoreURL("redis://h?namespace=shop&wait=1").namespace == "shop")
        let other = try StoreURL("redis://u:p@h/1?wait=1").inNamespace("demo-1")
        #expect(other.namespace == "demo-1")
        #expect(other.absolute(in: "/") == "redis://u:p@h/1?wait=1&namespace=demo-1")
        #expect(try StoreURL("redis://h?namespace=a").inNamespace("b").absolute(in: "/") == "redis://h?namespace=b")
        #expect(try StoreURL("sqlite:x").inNamespace("b").absolute(in: "/f") == "sqlite:/f/x?namespace=b")
        #expect(throws: (any Error).self) { try StoreURL("redis://h").inNamespace("a b") }
        #expect(throws: (any Error).self) { try StoreURL("redis://h").inNamespace("a&wait=3") }
    }

    @Test(arguments: [
        ("postgres://h/db", "cannot use yet"), ("ftp:x", "unknown scheme"), ("jobs.db", "did you mean sqlite:jobs.db"),
        ("sqlite:", "names no file"), ("sqlite:x?mode=ro", "unknown parameter 'mode'"),
        ("sqlite:x?namespace=a b", "namespace"), ("", "must be an address"), ("redis:h", "--store"),
        ("redis://", "host"), ("redis://h:0", "port"), ("redis://h?wiat=1", "wiat"),
        ("redis://h?namespace=", "namespace"),
        ("localhost:6379", "did you mean redis://localhost:6379"),
    ])
    func otherAddressesAreRefusedInOneLine(_ text: String, reason: String) {
        let error = #expect(throws: UsageError.self) { try StoreURL.parse(text, from: "--store") }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func theOptionWinsOverTheEnvironmentAndThatOverTheComponent() throws {
        let environment = ["OFFSTAGE_STORE": "memory:", "DATA_QUEUE_HOST": "q"]
        #expect(try StoreURL.resolve(option: "sqlite:x", environment: environment).location == .sqlite(path: "x"))
        #expect(try StoreURL.resolve(option: nil, environment: environment).location == .memory)
        let rest = ["OFFSTAGE_STORE": "", "DATA_QUEUE_HOST": "q"]
        #expect(try StoreURL.resolve(option: nil, environment: rest).location == (try redis("redis://q:6379")))
        for nothing in [[:], ["DATA_QUEUE_HOST": ""], ["DATA_QUEUE_PORT": "7"]] {
            #expect(
                try StoreURL.resolve(option: nil, environment: nothing).location == .sqlite(path: "offstage.db"))
        }
    }

    @Test(arguments: [
        (["HOST": "q:7000"], "redis://q:7000"), (["HOST": "q", "PORT": "7001"], "redis://q:7001"),
        (["HOST": "q:7000", "PORT": "7001"], "redis://q:7000"), (["HOST": "10.0.0.7"], "redis://10.0.0.7:6379"),
        (["HOST": "::1"], "redis://[::1]:6379"), (["HOST": "[::1]:7000"], "redis://[::1]:7000"),
        (["HOST": "[::1]", "PORT": "7"], "redis://[::1]:7"), (["HOST": "q", "PASS": "p"], "redis://:p@q:6379"),
        (["HOST": "q", "USER": "u", "PASS": "a/b@c:é%"], "redis://u:a%2Fb%40c%3A%C3%A9%25@q:6379"),
        (["HOST": "q", "USER": "", "PASS": "", "PORT": ""], "redis://q:6379"),
    ])
    func aQueueComponentIsRedisAtItsHost(_ variables: [String: String], url: String) throws {
        let environment = Dictionary(uniqueKeysWithValues: variables.map { ("DATA_QUEUE_" + $0, $1) })
        let found = try StoreURL.resolve(option: nil, environment: environment)
        #expect(found.absolute(in: "/") == url)
    }

    @Test(arguments: [
        ["HOST": "redis://u:secret@q"], ["HOST": "a b"], ["HOST": "q", "PORT": "0"], ["HOST": "q", "PORT": "x"],
        ["HOST": "q:x"], ["HOST": "q:99999"], ["HOST": "q/0"],
    ])
    func aBadQueueComponentIsRefusedInOneLine(_ variables: [String: String]) {
        let environment = Dictionary(uniqueKeysWithValues: variables.map { ("DATA_QUEUE_" + $0, $1) })
        let error = #expect(throws: UsageError.self) { try StoreURL.resolve(option: nil, environment: environment) }
        #expect(error?.description.contains("DATA_QUEUE_") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        ("redis://u:secret@h:1/2?wait=1", "redis://u:***@h:1/2?wait=1"), ("rediss://:secret@h", "rediss://:***@h"),
        ("redis://h?namespace=a", "redis://h?namespace=a"), ("redis://u@h", "redis://u@h"),
        (
            "redis+sentinel://u:secret@a,b/main?sentinel-user=s&sentinel-password=secret&wait=1",
            "redis+sentinel://u:***@a,b/main?sentinel-user=s&sentinel-password=***&wait=1"
        ),
        ("redis+cluster://:sec%40ret:secret@a", "redis+cluster://:***@a"), ("unix:///run/r.sock", "unix:///run/r.sock"),
        ("sqlite:a.db?namespace=n", "sqlite:a.db?namespace=n"),
    ])
    func aPasswordIsNeverShown(_ text: String, shown: String) throws {
        let url = try StoreURL(text)
        #expect("\(url)" == shown)
        if url.isServer { #expect(url.shown(in: "/tmp") == shown) }
    }

    @Test(arguments: [
        "redis://u:secret@h:0", "redis://u:secret@", "redis://:secret@h/x", "redis://:secret@h?x=1",
        "redis://:sec/ret@h", "redis://:se?cret@h", "redis://:secret#@h", "redis://u:secret@a,b", "redis:u:secret@h",
        "ftp://u:secret@h", "postgres://u:secret@h/db", "redis://:sec%zzret@h", "unix://u:secret@relative",
        "redis+sentinel://:secret@h", "redis+sentinel://h?sentinel-password=secret", "redis+cluster://:secret@h/1",
    ])
    func aBadAddressIsRefusedWithoutItsPassword(_ text: String) {
        let error = #expect(throws: UsageError.self) { try StoreURL.parse(text, from: "OFFSTAGE_STORE") }
        let line = error?.description ?? ""
        for part in ["secret", "sec", "cret", "ret@"] { #expect(!line.contains(part), "\(line)") }
    }

    @Test(arguments: [
        "redis://u:p@zq@h", "redis://:p@zq/zq@h", "redis://:zq", "redis://u:zq/zq", "zq@h:6379", "u:zq@h:6379/0",
        "zq@h:6379/0", "zq/zq@h", ":zq@h", "redis//:zq@h", "redis:zq@h", "zq://zq@h", "z@q://zq@h", "redis://p@zq:zq",
    ])
    func noPartOfAPasswordIsShownOfAnyText(_ text: String) {
        let shown: String
        do { shown = "\(try StoreURL.parse(text, from: "--store"))" } catch { shown = "\(error)" }
        #expect(!shown.contains("zq") || shown.contains("unknown scheme 'zq:'"), "\(shown)")
    }

    @Test func noCommandRepeatsAnAddressThatHasAPassword() async throws {
        let scratch = Scratch()
        let url = "redis://u:zq@zq/zq@h"
        for words in [
            [url], ["jobs", url], ["--stor=\(url)", "jobs"], ["jobs", "--stor=\(url)"], ["jobs", "--queue", url],
            ["jobs", "--limit=\(url)"], ["show", url], ["--store", url, "jobs"], ["jobs", "--store=\(url)"],
            ["doctor", "--store", url], ["bench", "--store", url], ["help", url],
        ] {
            let result = try await Program.run(words, in: scratch)
            #expect(result.status == 2, "\(words): \(result)")
            #expect(!result.messages.contains("zq") && !result.output.contains("zq"), "\(words): \(result)")
        }
    }

    @Test func aServerThatNobodyServesIsToldInOneLine() async throws {
        let scratch = Scratch()
        let ways: [([String], [String: String])] = [
            (["queues", "--store", "redis://u:secret@127.0.0.1:1"], [:]),
            (["queues"], ["OFFSTAGE_STORE": "", "DATA_QUEUE_HOST": "127.0.0.1:1", "DATA_QUEUE_PASS": "secret"]),
            (["migrate"], ["OFFSTAGE_STORE": "redis://:secret@127.0.0.1:1"]),
        ]
        for (words, environment) in ways {
            let result = try await Program.run(words, in: scratch, environment: environment)
            #expect(result.status == 1, "\(result)")
            #expect(result.output.isEmpty)
            #expect(result.messages.contains("127.0.0.1:1"), "\(result.messages)")
            #expect(result.messages.split(separator: "\n").count == 1, "\(result.messages)")
            #expect(!result.messages.contains("secret"))
        }
    }
}

/// What the program logs while it opens a store.
@Suite struct OpeningLogTests {
    private final class Kept: Log {
        private let state = Mutex<[String]>([])
        var lines: [String] { state.withLock { $0 } }
        func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
            state.withLock { $0.append(message) }
        }
    }

    @Test func linesAreHeldBackUntilTheStoreIsOpen() {
        let kept = Kept()
        let log = OpeningLog(kept)
        log(.warning, "first")
        #expect(kept.lines.isEmpty)
        log.storeIsOpen()
        log(.warning, "second")
        #expect(kept.lines == ["first", "second"])
    }
}
