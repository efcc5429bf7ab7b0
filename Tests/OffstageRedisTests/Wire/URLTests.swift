// What URLs mean, and the errors for wrong ones: one line that names the part and never shows the password.
import OffstageCore
import Testing

@testable import OffstageRedis

@Suite struct URLTests {
    private func host(_ name: String, _ port: Int = 6379) -> RedisAddress { .host(name, port: port) }

    @Test func aURLSaysWhereTheServersAre() throws {
        let table: [(String, RedisURL.Topology)] = [
            ("redis://localhost", .single(host("localhost"))),
            ("redis://127.0.0.1:7000/", .single(host("127.0.0.1", 7000))),
            ("redis://[::1]:7000/3", .single(host("::1", 7000))),
            ("redis://[fe80::1%25eth0]", .single(host("fe80::1%eth0"))),
            ("unix:///run/my%20redis.sock", .single(.unix("/run/my redis.sock"))),
            (
                "redis+sentinel://a,b:1,c/mymaster/2",
                .sentinel([host("a", 26379), host("b", 1), host("c", 26379)], master: "mymaster")
            ),
            ("rediss+cluster://a,[::2]:1", .cluster([host("a"), host("::2", 1)])),
        ]
        for (text, topology) in table { #expect(try RedisURL(text).topology == topology, "\(text)") }
    }

    @Test func loginAndDatabaseAreDecoded() throws {
        let url = try RedisURL("rediss://al%40ice:p%3A%2F%25@h:1/7")
        #expect(url.user == "al@ice" && url.password == "p:/%" && url.database == 7 && url.isTLS)
        let alone = try RedisURL("redis://:secret@h")
        #expect(alone.user == nil && alone.password == "secret")
        #expect(try RedisURL("redis://u@h").user == "u")
        #expect(try RedisURL("unix://u:p@/s.sock?db=4").database == 4)
        #expect(try RedisURL("redis+sentinel://h/m/5").database == 5)
        #expect(try RedisURL("redis://a:b@c@h").password == "b@c")
    }

    @Test func optionsAreRead() throws {
        let url = try RedisURL(
            "rediss+sentinel://h/m?namespace=a:b&wait=2&wait-timeout=500ms&allow-eviction=1&partitions=16"
                + "&ca=/a%20b&cert=/c&key=/k&verify=0&connect-timeout=2&sentinel-user=u&sentinel-password=p%26")
        #expect(url.namespace == "a:b" && url.wait == 2 && url.waitTimeout == .milliseconds(500) && url.allowsEviction)
        #expect(url.partitions == 16 && url.authorities == "/a b" && url.certificate == "/c" && url.key == "/k")
        #expect(!url.verifiesHost && url.connectTimeout == .seconds(2))
        #expect(url.sentinelUser == "u" && url.sentinelPassword == "p&")
    }

    @Test(arguments: [
        ("localhost:6379", "no scheme"), ("http://h", "'http://' is not known"), ("redis://", "a host is missing"),
        ("redis://h:0", "port '0'"), ("redis://h:65536", "port '65536'"), ("redis://h:+1", "port '+1'"),
        ("redis://h:", "port ''"), ("redis://[::1", "never closed"), ("redis://[abc]", "IPv6"),
        ("redis://[::1]x", "port 'x'"), ("redis://a b", "'a b' is not a host name"), ("redis://a,b", "2 hosts"),
        ("redis://h/x", "database 'x'"), ("redis://h/-1", "database '-1'"), ("redis://h/1/2", "database '1/2'"),
        ("redis+cluster://h/1", "database 0 only"), ("redis+cluster://h,h:6379", "twice"),
        ("redis+sentinel://h", "name of the master is missing"), ("unix://run/x", "whole path"),
        ("unix://", "whole path"),
        ("unix:///" + String(repeating: "x", count: 107), "108 bytes, at most 107"),
        ("redis://h?wat=1", "'wat' is not known"), ("redis://h?wait=1&wait=2", "there twice"),
        ("redis://h?wait=101", "from 0 to 100, not '101'"), ("redis://h?wait=", "no value"),
        ("redis://h?wait", "no value"),
        ("redis://h?partitions=0", "from 1 to 4096"), ("redis://h?allow-eviction=yes", "0 or 1, not 'yes'"),
        ("redis://h?namespace=a%7Bb", "letters, digits"), ("redis://h?ca=/x", "needs rediss://"),
        ("rediss://h?key=/x", "needs 'cert'"), ("redis://h?db=1", "host:6379/3"),
        ("redis://h?sentinel-user=x", "redis+sentinel:// only"),
        ("redis://h?connect-timeout=1h", "a time from 10ms to 300s"),
        ("redis://h?wait-timeout=99999999999999999999s", "a time from"), ("redis://h?namespace=%zz", "hexadecimal"),
        ("redis://h?namespace=%FF", "UTF-8"), ("redis://h#x", "%23"), ("redis://@h", "nothing before '@'"),
        ("redis://h/" + String(repeating: "9", count: 9000), "at most 8192"),
    ]) func aWrongURLIsToldWhatIsWrong(text: String, part: String) throws {
        let error = #expect(throws: StoreError.self) { _ = try RedisURL(text) }
        let line = try #require(error).description
        #expect(line.contains(part) && !line.contains("\n") && line.utf8.count < 400, "\(line)")
    }

    @Test(arguments: [
        "redis://u:se%63ret@h/1", "redis://u:secret/x@h", "redis://u:secret%zz@h", "redis://u:secret?x@h",
    ])
    func thePasswordIsNeverShown(text: String) {
        let shown: String
        do { shown = try RedisURL(text).description } catch { shown = "\(error)" }
        #expect(!shown.contains("secret"), "\(shown)")
        #expect(!shown.contains("se%63ret"))
    }

    /// Typical passwords, in all the places where a URL can be mistyped. Neither they nor any part of them may be
    /// shown.
    @Test func noPartOfAPasswordIsEverShown() {
        let marks = [
            "@", "/", "?", ":", "#", "%", "&", "=", ",", "[", "]", " ", "://", "@/", "/@", "?x=@", "@a:", "%zz",
        ]
        let passwords =
            marks.map { "zqa\($0)zqb" } + marks.map { "\($0)zqa" } + marks.map { "zqa\($0)" }
            + marks.flatMap { one in marks.map { "zqa\(one)zqb\($0)zqc" } } + ["zqa", "zqa/1/zqb?db=zqc@zqd"]
        let shapes: [(String) -> String] = [
            { "redis://:\($0)@h" }, { "redis://u:\($0)@h:6379/0?wait=1" }, { "rediss://u:\($0)@[::1]:x/3" },
            { "redis://:\($0)@h/x" }, { "redis://:\($0)@h?wat=1" }, { "redis://:\($0)@h?wait=many" },
            { "redis+sentinel://u:\($0)@a,b:0/m" },
            { "redis+sentinel://u:\($0)@a,b/m/x" }, { "redis+cluster://:\($0)@a,a" }, { "unix://u:\($0)@/s.sock" },
            { "unix://u:\($0)@s.sock" }, { "redis+sentinel://h/m?sentinel-password=\($0)" },
            { "redis+sentinel://h/m?sentinel-password=\($0)&wait=x" }, { "http://u:\($0)@h" },
            { "redis:\($0)@h" }, { "redis:/:\($0)@h" },
        ]
        let hostless: [(String) -> String] = [{ "redis://u:\($0)" }, { "redis://:\($0)" }, { "unix://:\($0)/s" }]
        for password in passwords {
            // If the host is missing, the text after the last '@' is taken for the host.
            for shape in shapes + (password.contains("@") ? [] : hostless) {
                let text = shape(password)
                let shown: String
                do { shown = "\(try RedisURL(text)) \(try RedisLocation(text))" } catch { shown = "\(error)" }
                #expect(!shown.contains("zq"), "\(text): \(shown)")
            }
        }
    }

    @Test func aSocketsPathMayHaveAnAt() throws {
        #expect(try RedisURL("unix:///run/redis@1.sock").topology == .single(.unix("/run/redis@1.sock")))
        #expect(try RedisURL("unix://:p@/run/redis%401.sock").topology == .single(.unix("/run/redis@1.sock")))
        #expect(throws: StoreError.self) { try RedisURL("unix://:p@/run/redis@1.sock") }
    }

    @Test func theDescriptionIsAURLAgain() throws {
        for text in ["redis://h:6379", "rediss://u:***@[::1]:7/3", "unix:///a?db=2", "redis+sentinel://a:1,b:2/m/1"] {
            #expect(try RedisURL(text).description == text)
        }
    }
}
