// Compares docs/promises.md with the tests. Everything the page names as proof must exist, as a function in the named
// file or as a case of the conformance suite. A test that is renamed or deleted therefore requires a change of the
// page.
import Foundation
import OffstageTesting
import Testing

@Suite struct PromisesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL

    private let page: String

    init() throws {
        page = try String(contentsOf: Self.root.appending(path: "docs/promises.md"), encoding: .utf8)
    }

    @Test func everyTestItNamesExists() throws {
        let named = page.matches(of: #/`(\w+Tests)\.(\w+)`/#)
        #expect(named.count > 30)
        var files: [String: String] = [:]
        let tests = FileManager.default.enumerator(
            at: Self.root.appending(path: "Tests"), includingPropertiesForKeys: nil)
        while let file = tests?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            files[file.deletingPathExtension().lastPathComponent, default: ""] += try String(
                contentsOf: file, encoding: .utf8)
        }
        for test in named {
            let isThere = files[String(test.1)]?.contains("func \(test.2)(") == true
            #expect(isThere, "there is no \(test.1).\(test.2)")
        }
    }

    @Test func everyCaseItNamesExists() {
        let named = page.matches(of: #/“([^”]+)”/#).map { String($0.1) }
        #expect(named.count > 20)
        let cases = Set(StoreConformance.cases.map(\.name))
        for name in named { #expect(cases.contains(name), "there is no case “\(name)”") }
    }

    @Test func everyPromiseOfTheTwelveIsThere() {
        for number in 1...12 { #expect(page.contains("\n**\(number). ")) }
    }
}
