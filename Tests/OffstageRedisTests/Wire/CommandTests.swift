// What a command looks like on the wire, byte for byte.
import Testing

@testable import OffstageRedis

private func wire(_ command: RedisCommand) -> [UInt8] {
    var out: [UInt8] = []
    command.write(into: &out)
    return out
}

@Suite struct CommandTests {
    @Test func wordsOfAllKindsAreCountedAndMeasured() {
        var command = RedisCommand("SET", "k")
        command.append([0, 13, 10, 255])
        command.append(-1234)
        command.append(0)
        [UInt8]("raw".utf8).withUnsafeBytes { command.append($0) }
        let bytes =
            "*6\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n".utf8 + [0, 13, 10, 255] + "\r\n$5\r\n-1234\r\n$1\r\n0\r\n".utf8
        #expect(wire(command) == bytes + "$3\r\nraw\r\n".utf8)
        #expect(command.count == 6)
        #expect(command.size == wire(command).count)
    }

    @Test(arguments: [9, 10, 99, 100, 2000]) func theCountIsRightHoweverManyDigitsItHas(count: Int) {
        var command = RedisCommand()
        for _ in 0..<count { command.append("") }
        #expect(wire(command).starts(with: "*\(count)\r\n$0\r\n".utf8))
        #expect(command.size == wire(command).count)
    }

    @Test func theDigestOfAScriptIsTheServersOwn() {
        #expect(RedisScript(name: "one", source: "return 1").sha == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }
}
