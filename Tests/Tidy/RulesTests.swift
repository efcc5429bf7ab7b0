// Shows on planted text that each rule bites where it should and only there; a checker that finds nothing looks just
// like clean sources.

import Testing

@Suite("Tidy: the rules themselves")
struct RulesTests {
    private func file(_ text: String, at path: String = "Sources/OffstageWorker/Planted.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test(
        "forbidden calls are found, with their line",
        arguments: [
            "let now = Date()", "try await Task.sleep(for: .seconds(1))", "print(\"x\")", "fatalError(\"x\")",
            "let x = try! f()", "let now = ContinuousClock.now",
        ])
    func forbidden(line: String) {
        let findings = Rules.forbiddenCalls(in: file("// A.\n\n\(line)\n"))
        #expect(findings.map(\.line) == [3])
    }

    @Test(
        "the same words in comments, strings and longer names are no calls",
        arguments: [
            "// print(1)", "let s = \"print(1) try! Date()\"", "fingerprint(1)", "log.print(1)", "/* Date() */ f()",
            "let s = #\"a \"print(\" b\"#", "let s = \"\\(name(\"x\")) print(1)\"", "Date(timeIntervalSince1970: 0)",
        ])
    func allowed(line: String) {
        #expect(Rules.forbiddenCalls(in: file("// A.\n\(line)\n")).isEmpty)
    }

    @Test("a string over several lines is no code, and what follows it is")
    func multilineString() {
        let text = "let a = \"\"\"\n    print(1) \"quoted\" Date()\n    \"\"\"\nprint(2)\n"
        #expect(Rules.forbiddenCalls(in: file(text)).map(\.line) == [4])
    }

    @Test("unchecked needs its proof within six lines")
    func unchecked() {
        let bare = "final class A: @unchecked Sendable {}\n"
        #expect(Rules.unprovenSendable(in: file(bare)).count == 1)
        #expect(Rules.unprovenSendable(in: file("// Proof: written once.\n" + bare)).isEmpty)
        let far = "// Proof: far away.\n" + String(repeating: "\n", count: 7) + bare
        #expect(Rules.unprovenSendable(in: file(far)).count == 1)
    }

    @Test("undocumented public declarations are found, documented ones are not")
    func undocumented() {
        let text = """
            /// A thing.
            public struct A {
                public var b: Int
                /// A number.
                @inlinable
                public var c: Int { 1 }
                public static func d() {}
                @discardableResult public func e() -> Int { 1 }
                var f = 1
            }
            public import Foundation
            public extension A {}
            """
        #expect(Rules.undocumented(in: file(text)).map(\.line) == [3, 7, 8])
    }

    @Test("an island that imports another, or a store, is found")
    func islands() {
        let text = "import OffstageCore\npublic import OffstageMonitor\nimport OffstageSQLite\nimport Foundation\n"
        #expect(Rules.imports(of: file(text)).map(\.line) == [2, 3])
        #expect(Rules.imports(of: file(text, at: "Sources/OffstageCLI/A.swift")).isEmpty)
        #expect(
            Rules.imports(of: file("@_exported public import OffstageSQLite\n", at: "Sources/Offstage/A.swift")).count
                == 1)
    }

    @Test("the C library is imported in one module, and that one imports nothing else of Offstage")
    func libraries() {
        let text = "import Glibc\nimport OffstageSystem\nimport Foundation\n"
        #expect(Rules.imports(of: file(text, at: "Sources/OffstageCore/A.swift")).map(\.line) == [1])
        #expect(Rules.imports(of: file(text, at: "Sources/OffstageSQLite/A.swift")).map(\.line) == [1])
        let system = "@_exported import Glibc\nimport OffstageCore\n"
        #expect(Rules.imports(of: file(system, at: "Sources/OffstageSystem/A.swift")).map(\.line) == [2])
    }

    @Test("long files, functions and lines are found at their limits")
    func lengths() {
        func lines(_ count: Int) -> SourceFile { file(String(repeating: "a\n", count: count)) }
        #expect(Rules.length(of: lines(400)).isEmpty)
        #expect(Rules.length(of: lines(401)).count == 1)
        #expect(Rules.lineLength(of: file(String(repeating: "a", count: 120))).isEmpty)
        #expect(Rules.lineLength(of: file("\n" + String(repeating: "a", count: 121))).map(\.line) == [2])
        func function(_ body: Int) -> SourceFile {
            file("func f(\n    a: Int\n) {\n" + String(repeating: "    if a { b }\n", count: body) + "}\nfunc g() {}\n")
        }
        #expect(Rules.functionLength(of: function(66)).isEmpty)
        #expect(Rules.functionLength(of: function(67)).map(\.line) == [1])
    }

    @Test("a file without a header is found")
    func headers() {
        #expect(Rules.header(of: file("import Foundation\n")).count == 1)
        #expect(Rules.header(of: file("/// A thing, the only one here.\nstruct A {}\n")).isEmpty)
        #expect(Rules.header(of: file("// Why this is.\n\nimport Foundation\n")).isEmpty)
    }

    @Test("a file that no other names is found")
    func dead() {
        let used = file("/// A.\npublic final class Used {}\n", at: "Sources/A/Used.swift")
        let dead = file("package struct Dead {}\nextension Used {}\n", at: "Sources/A/Dead.swift")
        let test = file("// Dead code is no use.\nlet used = Used()\nlet dead = Dead()\n", at: "Tests/A/Test.swift")
        #expect(
            DeadFiles.find(among: [used, dead], usedBy: [used, dead, test]).map(\.path) == ["Sources/A/Dead.swift"])
    }

    @Test(
        "old idioms are found in comments and prose, and nowhere else",
        arguments: [
            ("// It shall end.", "Sources/A/B.swift", 1), ("let shall = 1", "Sources/A/B.swift", 0),
            ("/// Answers whether it runs.", "Sources/A/B.swift", 1), ("// It was told to stop.", "Tests/A/B.swift", 0),
            ("// The waiter is told of jobs.", "Tests/A/B.swift", 1), ("-- whoever waits", "Sources/A/b.lua", 1),
            ("It is `shall`.", "docs/a.md", 0), ("```\nshall\n```\nshall", "docs/a.md", 1),
            ("/* heed it */", "Sources/CSystem/a.c", 1), ("heed = 1;", "Sources/CSystem/a.c", 0),
        ])
    func idioms(_ text: String, _ path: String, _ count: Int) {
        #expect(Rules.oldIdioms(in: file(text, at: path)).count == count)
    }

    @Test("places of one machine and unfinished work are found")
    func words() {
        #expect(Rules.words(in: file("let path = \"/" + "root/x\"")).count == 1)
        #expect(Rules.words(in: file("see Sources/work/x and .build/root/x")).isEmpty)
        #expect(Rules.unfinished(in: file("// TO" + "DO: more")).count == 1)
    }
}
