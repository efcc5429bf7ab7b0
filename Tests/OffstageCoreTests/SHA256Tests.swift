// SHA-256 against the examples of FIPS 180-4 and NIST's short messages.
import OffstageCore
import Testing

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func theExamplesOfTheStandard(_ message: String, _ digest: String) {
        #expect(SHA256.hex(Array(message.utf8), bytes: 32) == digest)
    }

    @Test func aMillionTimesTheLetterA() {
        #expect(
            SHA256.hex(Array(repeating: UInt8(ascii: "a"), count: 1_000_000), bytes: 32)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func lengthsAroundABlock() {
        // Padding changes at 55, 56 and 64 bytes: all digests must differ, and no length may trap.
        let digests = Set((0...130).map { SHA256.hex(Array(repeating: 0, count: $0), bytes: 32) })
        #expect(digests.count == 131)
        #expect(SHA256.hex([], bytes: 4) == "e3b0c442")
    }
}
