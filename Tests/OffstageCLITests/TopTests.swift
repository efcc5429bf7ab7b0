// `top` on a real (pseudo-)terminal: it draws, responds to keys, follows the window's size, and restores the terminal's
// settings however it ends.
import Foundation
import OffstageSystem
import Testing

@Suite struct TopTests {
    private func top() throws -> Terminal {
        try Terminal([Program.executable, "top", "--store", "memory:"])
    }

    @Test func itDrawsAndQuitsByKey() async throws {
        let terminal = try top()
        #expect(await Program.eventually { terminal.output.contains("AVAILABLE") })
        #expect(terminal.output.contains("\u{1B}[?1049h"))
        terminal.type("\u{1B}[C")
        #expect(await Program.eventually { terminal.output.contains("ABOUT") })
        terminal.type("q")
        var status: Int32?
        #expect(
            await Program.eventually {
                status = terminal.end()
                return status != nil
            })
        #expect(status == 0)
        #expect(terminal.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        #expect(terminal.settings == terminal.found)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func aSignalEndsItWithTheTerminalRestored(_ signal: Int32) async throws {
        let terminal = try top()
        #expect(await Program.eventually { terminal.output.contains("AVAILABLE") })
        #expect(terminal.settings != terminal.found)
        kill(terminal.pid, signal)
        var status: Int32?
        #expect(
            await Program.eventually {
                status = terminal.end()
                return status != nil
            })
        #expect(status == 128 + signal)
        #expect(terminal.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        #expect(terminal.settings == terminal.found)
    }

    @Test func itFollowsTheWindow() async throws {
        let terminal = try top()
        #expect(await Program.eventually { terminal.output.contains("\u{1B}[24;1H") })
        terminal.resize(columns: 60, rows: 30)
        #expect(await Program.eventually { terminal.output.contains("\u{1B}[30;1H") })
        terminal.type("\u{3}")
        #expect(await Program.eventually { terminal.end() == 0 })
    }
}
