// Holds docs/guide.md against the other files of this folder: each Swift block of the page must stand in one of them, line
// for line, so that the page shows nothing that was not compiled and run. A line that is only "…" stands for lines left out.
import Foundation
import Testing

@Suite struct PageTests {
    @Test func everySwiftBlockOfTheGuideIsInATest() throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let page = here.appending(path: "../../docs/guide.md")
        let files = try FileManager.default.contentsOfDirectory(at: here, includingPropertiesForKeys: nil)
        let sources = try files.filter { $0.pathExtension == "swift" }.map { Self.lines(try text($0)) }
        let blocks = try text(page).components(separatedBy: "```swift\n").dropFirst()
        #expect(blocks.count > 15)
        for block in blocks {
            let code = block.components(separatedBy: "\n```")[0]
            for part in Self.lines(code).split(separator: "…") {
                let isThere = sources.contains { $0.contains(Array(part)) }
                #expect(isThere, "no test has these lines of the guide:\n\(part.joined(separator: "\n"))")
            }
        }
    }

    private func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
