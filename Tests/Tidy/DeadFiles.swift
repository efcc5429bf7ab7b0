// Finds files that nothing uses: none of the types and functions that such a file declares at its outermost level is
// named in any other file. Naming it in a test does not count, unless it is public and so meant for others. A file of
// extensions only lives as long as what it extends.

import Foundation

enum DeadFiles {
    static func find(among sources: [SourceFile], usedBy everything: [SourceFile]) -> [Finding] {
        let words = everything.map { (path: $0.path, words: Self.words(of: $0)) }
        return sources.compactMap { file in
            let declared = declaredNames(in: file)
            guard !declared.isEmpty, !file.path.hasSuffix("/main.swift") else { return nil }
            let isPublic = file.code.contains { $0.hasPrefix("public ") || $0.hasPrefix("open ") }
            let isUsed = words.contains { user in
                guard user.path != file.path, isPublic || !user.path.hasPrefix("Tests/") else { return false }
                return !user.words.isDisjoint(with: declared)
            }
            guard !isUsed else { return nil }
            let names = declared.sorted().joined(separator: ", ")
            return Finding(path: file.path, line: 1, message: "dead: no other file names \(names)")
        }
    }

    private static func declaredNames(in file: SourceFile) -> Set<String> {
        let attributes = #"^(?:@\w+(?:\([^)]*\))?\s+)*"#
        let modifiers = #"(?:[a-z]+(?:\([a-z]+\))?\s+)*"#
        let name = #"(?:struct|class|enum|actor|protocol|typealias|func)\s+(\w+)"#
        guard let pattern = try? Regex(attributes + modifiers + name, as: (Substring, Substring).self) else {
            return []
        }
        return Set(
            file.code.compactMap { line in
                guard !line.hasPrefix("private"), let match = line.firstMatch(of: pattern) else { return nil }
                return String(match.1)
            })
    }

    private static func words(of file: SourceFile) -> Set<String> {
        var words: Set<String> = []
        for line in file.code {
            for word in line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }) {
                words.insert(String(word))
            }
        }
        return words
    }
}
