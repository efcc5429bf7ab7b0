// The tree that the YAML reader returns: order, places, and what is refused, each with its place.

import Testing

@testable import OffstageComponents

@Suite("YAML: the tree and its places")
struct YAMLReaderTests {
    private func read(_ text: String, _ limits: YAMLLimits = YAMLLimits()) -> YAMLReader.Outcome {
        YAMLReader.read(Array(text.utf8), limits: limits)
    }

    private func shown(_ outcome: YAMLReader.Outcome) -> [String] {
        outcome.problems.map { "\($0.place): \($0.text)" }
    }

    @Test("keys keep their order, and everything has its place")
    func tree() throws {
        let outcome = read("b: 1\na:\n  - x\n  - {c: \"y\"}\n  - |\n    z\n")
        #expect(outcome.problems.isEmpty)
        guard case .mapping(let entries) = outcome.root?.content else {
            Issue.record("no map")
            return
        }
        #expect(entries.map(\.key) == ["b", "a"])
        #expect(entries.map(\.place.description) == ["1:1", "2:1"])
        #expect(entries[0].value == YAMLNode(content: .scalar("1", .plain), place: BoxfilePlace(line: 1, column: 4)))
        guard case .sequence(let items) = entries[1].value.content, items.count == 3 else {
            Issue.record("no list of three")
            return
        }
        #expect(items.map(\.place.description) == ["3:5", "4:5", "5:5"])
        #expect(items[2].content == .scalar("z\n", .block))
    }

    @Test("columns count characters, and a byte-order mark does not count")
    func columns() {
        #expect(shown(read("\u{FEFF}ключ: {é: 1, é: 2}"))[0].hasPrefix("1:14: \"é\" stands here twice"))
    }

    @Test("all duplicate keys and tags are reported, with both places")
    func duplicates() {
        let outcome = read("a: 1\nb: !!str 2\na: 3\nc:\n  d: 1\n  d: 2\n")
        #expect(
            shown(outcome) == [
                "2:4: the tag \"tag:yaml.org,2002:str\" is not understood; write the value without it",
                "3:1: \"a\" stands here twice; the first is at 1:1",
                "6:3: \"d\" stands here twice; the first is at 5:3",
            ])
    }

    @Test("an alias stands for the value of its anchor, and << merges keys that are not there already")
    func aliases() {
        let outcome = read("a: &a {x: 1, y: 2}\nb: *a\nc:\n  y: 3\n  <<: *a\n")
        #expect(outcome.problems.isEmpty)
        guard case .mapping(let entries) = outcome.root?.content, entries.count == 3,
            case .mapping(let merged) = entries[2].value.content
        else {
            Issue.record("no map of three")
            return
        }
        #expect(entries[1].value == entries[0].value)
        #expect(merged.map(\.key) == ["y", "x"])
        #expect(merged.map(\.place.description) == ["4:3", "1:8"])
    }

    @Test("a billion laughs are refused where the count exceeds the limit")
    func billionLaughs() {
        var text = "a0: &a0 [l, l, l, l, l, l, l, l, l]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(
            shown(read(text)) == ["5:10: more than 10000 values up to here; aliases count as all that they stand for"])
        #expect(read(text).root == nil)
    }

    @Test("an alias within its own anchor is a circle, and one without an anchor is reported")
    func circles() {
        #expect(shown(read("a: &a\n  b: *a\n")) == ["2:6: the alias *a stands within its own anchor at 1:4, a circle"])
        #expect(shown(read("a: *b\n")) == ["1:4: the alias *b has no anchor &b before it"])
    }

    @Test("an alias's depth counts from where it is used")
    func aliasDepth() {
        var limits = YAMLLimits()
        limits.depth = 4
        #expect(read("a: &a [[x]]\nb: *a\n", limits).problems.isEmpty)
        #expect(shown(read("a: &a [[x]]\nb: [*a]\n", limits))[0].hasPrefix("2:5: values stand more than 4 levels deep"))
    }

    @Test("size, number and depth are limited, and a flood of brackets takes no time")
    func limits() {
        #expect(
            shown(read(String(repeating: "#", count: 1 << 20 + 1)))[0].hasPrefix(
                "1:1: the file has more than 1048576 bytes"))
        #expect(read(String(repeating: "#", count: 1 << 20)).problems.isEmpty)
        for opening in ["[", "{", "- ", "? ", "a: [", "{a: "] {
            let flood = String(repeating: opening, count: 1_000_000 / opening.count)
            #expect(!read(flood).problems.isEmpty, "\(opening)")
        }
        let many = String(repeating: "- a\n", count: 20_000)
        #expect(shown(read(many)) == ["10000:3: more than 10000 values up to here; is it the right file?"])
    }

    @Test("bytes that are not UTF-8 and control characters are reported with their place")
    func encoding() {
        let bytes: [UInt8] = Array("a: é\r\nb: ".utf8) + [0xFF, 0x0A]
        #expect(
            YAMLReader.read(bytes).problems.map { "\($0.place): \($0.text)" } == [
                "2:4: this byte is not UTF-8; save the file in that encoding"
            ])
        #expect(shown(read("a: \u{1}")) == ["1:4: the character U+0001 is not allowed in YAML; remove it"])
        #expect(shown(read("a: \0"))[0].hasPrefix("1:4: the character U+0000"))
    }

    @Test(
        "what libyaml cannot read is reported in terms of the text",
        arguments: [
            ("a:\n\tb: 1\n", "2:1: a tab indents this line; YAML takes only spaces there"),
            ("a:\n  b: 1\n\tc: 2\n", "3:1: a tab indents this line; YAML takes only spaces there"),
            ("a: b: c\n", "1:5: a second colon in this line: put what follows \"a:\" on a line of its own, indented"),
            ("a: 1\nb\nc: 2\n", "2:1: this is neither a key with a colon"),
            ("a:\n  b: 1\n c: 2\n", "3:2: this is indented differently from the lines it stands among"),
            ("a: [1, 2\nb: 3\n", "1:4: the list that [ opens here is not closed with ]"),
            ("a: {x: 1\nb: 3\n", "1:4: the map that { opens here is not closed with }"),
            ("a: \"b\n", "1:4: the quote that opens here is not closed"),
            ("a: \"\\q\"\n", "1:5: between double quotes \\ begins an escape"),
            ("a: @b\n", "1:4: no text may begin with @ unless it is quoted"),
            ("a: - b\n", "1:4: a list may not begin in this line"),
            ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; a boxfile has only one"),
            ("? [a]\n: b\n", "1:3: a key must be text, not a list"),
            ("<<: 3\n", "1:5: << merges maps, and this is text"),
            ("a: %b\n", "1:4: no text may begin with % unless it is quoted"),
        ])
    func complaints(text: String, start: String) {
        let found = shown(read(text))
        #expect(found.first?.hasPrefix(start) == true, "\(found)")
    }

    @Test("an empty file has no root")
    func empty() {
        #expect(read("").root == nil && read("").problems.isEmpty)
        #expect(read("# nothing\n---\n").root?.isNull == true)
    }
}
