// Compares docs/guide.md and the README with the other files of this folder. Each Swift block must occur in one of
// them, paragraph by paragraph and line by line, so that no page shows code that was not compiled. A line that is only
// "…" stands for omitted lines. Comments at the end of a line belong to the page and are not compared.
import Foundation
import Testing

@Suite struct PageTests {
    private let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    @Test(arguments: [("docs/guide.md", 25), ("README.md", 1)])
    func everySwiftBlockIsInATest(_ page: String, atLeast count: Int) throws {
        let files = try FileManager.default.contentsOfDirectory(at: here, includingPropertiesForKeys: nil)
        let sources = try files.filter { $0.pathExtension == "swift" }.map { Self.lines(try text($0)) }
        let blocks = try text(here.appending(path: "../../\(page)")).components(separatedBy: "```swift\n").dropFirst()
        #expect(blocks.count >= count)
        for paragraph in blocks.flatMap({ $0.components(separatedBy: "\n```")[0].components(separatedBy: "\n\n") }) {
            for part in Self.lines(paragraph).split(separator: "…") {
                let isThere = sources.contains { $0.contains(Array(part)) }
                #expect(isThere, "no test has these lines of \(page):\n\(part.joined(separator: "\n"))")
            }
        }
    }

    private func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            line.replacing(#/\s+//\s.*$/#, with: "").trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
    }
}
