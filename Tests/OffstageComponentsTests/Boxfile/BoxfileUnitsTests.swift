// Durations, sizes and paths, at their limits.

import Testing

@testable import OffstageComponents

@Suite("Boxfile: units")
struct BoxfileUnitsTests {
    @Test(
        "durations: units in falling order, a bare number is seconds",
        arguments: [
            ("90s", 90), ("2m", 120), ("1h30m", 5400), ("60", 60), ("1", 1), ("24h", 86_400), ("0s", nil), ("0", nil),
            ("24h1s", nil), ("30m1h", nil), ("1m1m", nil), ("s", nil), ("", nil), ("-5s", nil), ("1.5m", nil),
            ("9999999999s", nil), ("999999999h999999999m", nil), ("５s", nil), ("5 s", nil),
        ] as [(String, Int?)])
    func durations(text: String, seconds: Int?) {
        #expect((try? BoxfileUnits.seconds(text, in: CodeComponent.stopTimeoutRange)) == seconds)
    }

    @Test(
        "sizes need a unit, and all units are powers of 1024",
        arguments: [
            ("512M", 512 << 20), ("1g", 1 << 30), ("2GB", 2 << 30), ("2 GiB", 2 << 30), ("1024K", 1 << 20),
            ("1T", 1 << 40), ("1025G", nil), ("1023K", nil), ("512", nil), ("B", nil), ("1.5G", nil), ("-1G", nil),
            ("999999999T", nil), ("99999999999999999999M", nil), ("5X", nil), ("5iB", nil),
        ] as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect((try? BoxfileUnits.bytes(text)) == bytes)
    }

    @Test(
        "paths lose redundant parts, and may not leave the folder",
        arguments: [
            ("a/b/", "a/b"), ("./a//b/.", "a/b"), (".", "."), ("./", "."), ("/", "/"), ("/a//b", "/a/b"), ("..", nil),
            ("a/../b", nil), ("~", nil), ("~user/a", nil), ("a\nb", nil), ("", nil), ("a..b", "a..b"), ("a~", "a~"),
        ] as [(String, String?)])
    func paths(text: String, path: String?) {
        #expect((try? BoxfileUnits.path(text)) == path)
    }

    @Test("a file with the line ends of other systems is read as the same file")
    func lineEnds() throws {
        let plain = try Boxfile.parse(BoxfileTests.full)
        let other = try Boxfile.parse(BoxfileTests.full.replacing("\n", with: "\r\n"))
        #expect(other == plain)
    }
}
