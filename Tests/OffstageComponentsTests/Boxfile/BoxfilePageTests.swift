// The documentation page lists exactly the keys that the reader knows, section by section.

import Foundation
import Testing

@testable import OffstageComponents

@Suite("Boxfile: the page in docs")
struct BoxfilePageTests {
    private func page() throws -> [String] {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return try String(contentsOf: root.appending(path: "docs/boxfile.md"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The words in backquotes in a text.
    private func words(_ text: some StringProtocol) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The cells of the first table after a line that begins with `start`.
    private func table(after start: String) throws -> [[String]] {
        let lines = try page()
        let begin = try #require(lines.firstIndex { $0.hasPrefix(start) }, "no line begins with \(start)")
        return lines[begin...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2)
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    @Test("every key that is understood is listed, with the components that may use it")
    func understood() throws {
        let code = try table(after: "## Keys of web and worker")
        #expect(Set(code.filter { $0[1] == "yes" }.flatMap { words($0[0]) }) == Set(BoxfileKeys.web.understood))
        #expect(Set(code.filter { $0[2] == "yes" }.flatMap { words($0[0]) }) == Set(BoxfileKeys.worker.understood))
        #expect(try table(after: "**limits**").map { words($0[0])[0] } == BoxfileKeys.limits.understood)
        #expect(try table(after: "## Keys of data").map { words($0[0])[0] } == BoxfileKeys.data.understood)
        #expect(try table(after: "## Keys of run.config").map { words($0[0])[0] } == BoxfileKeys.run.understood)
    }

    @Test("every key that has no effect is listed")
    func ignored() throws {
        let rows = try table(after: "## Accepted with a warning").map { words($0[1]) }
        let keys: [BoxfileKeys] = [.run, .deploy, .web, .worker, .data]
        #expect(rows == keys.map { $0.ignored.keys.sorted() } + [BoxfileKeys.ignoredSections.keys.sorted()])
    }

    @Test("the page's own example is a valid file")
    func example() throws {
        let lines = try page()
        let begin = try #require(lines.firstIndex(of: "```yaml"))
        let text = lines[(begin + 1)...].prefix { $0 != "```" }.joined(separator: "\n")
        #expect(try Boxfile.parse(text).order.count == 4)
    }
}
