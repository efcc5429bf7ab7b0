// The style, executed: each test reads the package's own sources and fails with file:line for each breach. What each
// rule means, and why, is in CONTRIBUTING.md; exceptions are in Allowed.swift, with their reasons.

import Foundation
import Testing

@Suite("Tidy: the package's own sources")
struct TidyTests {
    @Test("the sources are found at all")
    func sourcesAreFound() throws {
        let paths = Set(try SourceTree.sources().map(\.path))
        #expect(paths.count > 10)
        #expect(paths.contains("Sources/Offstage/Offstage.swift"))
    }

    @Test("files, functions and lines keep to their lengths")
    func lengths() throws {
        let sources = try SourceTree.sources()
        expectNone(sources.flatMap(Rules.length) + sources.flatMap(Rules.functionLength))
        expectNone(try SourceTree.allSwift().flatMap(Rules.lineLength))
    }

    @Test("no clock, sleep, print, try! or fatalError outside its place")
    func forbiddenCalls() throws {
        expectNone(try SourceTree.sources().flatMap(Rules.forbiddenCalls))
    }

    @Test("what is unchecked has its proof beside it")
    func proofs() throws {
        expectNone(try SourceTree.sources().flatMap(Rules.unprovenSendable))
    }

    @Test("nothing is left to be done")
    func unfinished() throws {
        expectNone(try SourceTree.allText().flatMap(Rules.unfinished))
    }

    @Test("each source file begins with a comment that tells its story")
    func headers() throws {
        expectNone(try SourceTree.sources().flatMap(Rules.header))
    }

    @Test("public declarations are documented")
    func documentation() throws {
        expectNone(try SourceTree.sources().flatMap(Rules.undocumented))
    }

    @Test("the islands import the core and nothing else of Offstage")
    func imports() throws {
        expectNone(try SourceTree.sources().flatMap(Rules.imports))
    }

    @Test("no file names a place of one machine or a registry's host")
    func words() throws {
        expectNone(try SourceTree.allText().flatMap(Rules.words))
    }

    @Test("comments and documentation are in plain English")
    func language() throws {
        expectNone(try SourceTree.allText().flatMap(Rules.oldIdioms))
    }

    @Test("test files begin with a comment that tells their story")
    func testHeaders() throws {
        expectNone(try SourceTree.allSwift().filter { $0.path.hasPrefix("Tests/") }.flatMap(Rules.header))
    }

    @Test("a dead file among the package's own is found")
    func plantedDeadFile() throws {
        let path = "Sources/OffstageCore/Jobs/Abandoned.swift"
        let planted = SourceFile(path: path, text: "/// Nothing uses it.\npackage struct AbandonedThing {}\n")
        // Only its own test still names it.
        let test = SourceFile(path: "Tests/A/AbandonedTests.swift", text: "let thing = AbandonedThing()\n")
        let found = DeadFiles.find(
            among: try SourceTree.sources() + [planted], usedBy: try SourceTree.allSwift() + [planted, test])
        #expect(found.map(\.path) == [path])
    }

    @Test("no file is dead")
    func deadFiles() throws {
        expectNone(DeadFiles.find(among: try SourceTree.sources(), usedBy: try SourceTree.allSwift()))
    }

    @Test("each exception names a file that is there, and a reason")
    func exceptions() throws {
        let places =
            Allowed.longFiles + Allowed.longFunctions + Allowed.wallClock + Allowed.sleep + Allowed.print
            + Allowed.fatalError
        for place in places {
            #expect(
                FileManager.default.fileExists(atPath: SourceTree.root.appending(path: place.path).path),
                "\(place.path)")
            #expect(place.reason.count > 10, "\(place.path) has no reason")
        }
    }
}
