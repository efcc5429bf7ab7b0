// Reading the end of a dead process' standard error.
import Testing

@testable import OffstageForeman

@Suite struct LastWordsTests {
    private static let trap = """
        2026-11-24T14:22:07Z info the worker is ready
        a/a.swift:3: Fatal error: boom

        *** Signal 4: Backtracing from 0x7f88f7cf9361... done ***

        *** Program crashed: Illegal instruction at 0x00007f88f7cf9361 ***

        Thread 0 "a" crashed:

          1 [ra] 0x0000555b6fff7063 boom() + 98 in a at a.swift:3:30

        Registers:

        rax 0x0000000000000000  0
        """

    @Test func theCrashLineIsFoundAndTheRegistersAreLeftOut() {
        let words = LastWords(Array(Self.trap.utf8))
        #expect(words.crash == "a/a.swift:3: Fatal error: boom")
        let rest = words.rest(upTo: 4096)
        #expect(rest.hasPrefix("*** Signal 4"))
        #expect(rest.hasSuffix("boom() + 98 in a at a.swift:3:30"))
    }

    @Test func aBacktraceWithoutAMessageIsFoundToo() {
        let words = LastWords(Array("x\n*** Program crashed: Bad pointer dereference at 0x0 ***\ny".utf8))
        #expect(words.crash == "*** Program crashed: Bad pointer dereference at 0x0 ***")
        #expect(words.rest(upTo: 100) == "y")
    }

    @Test func whatWasSurvivedIsNotTheCause() {
        let words = LastWords(Array(Self.trap.utf8), ofFault: false)
        #expect(words.crash == nil)
        #expect(words.rest(upTo: 4096).hasPrefix("2026-11-24T14:22:07Z info the worker is ready\n"))
    }

    @Test func withoutACrashTheLastLinesCount() {
        let words = LastWords(Array("first\nsecond\nthird\n".utf8))
        #expect(words.crash == nil)
        #expect(words.rest(upTo: 1000) == "first\nsecond\nthird")
        #expect(words.rest(upTo: 13) == "second\nthird")
        #expect(words.rest(upTo: 3) == "")
    }

    @Test func controlCharactersAndEndlessLinesDoNotGetThrough() {
        let words = LastWords([27] + Array("[31mred\n".utf8) + [UInt8](repeating: 65, count: 5000) + [10, 0xFF, 10])
        #expect(words.rest(upTo: 4096) == "[31mred\n" + String(repeating: "A", count: 512) + "\n\u{FFFD}")
    }
}
