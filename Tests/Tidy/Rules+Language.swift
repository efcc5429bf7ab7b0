// Plain English in comments and documentation: the words and turns that a reader has to read twice, and what to write
// instead. Strings, code and names in backticks do not count.

import Foundation

extension Rules {
    /// A turn of phrase and what to write instead.
    private struct Phrase {
        let pattern: String
        let instead: String
    }

    private static let phrases = [
        Phrase(pattern: #"shall"#, instead: "should or must"),
        Phrase(pattern: #"so many(?= \w+ (?:bytes|jobs|seconds|failures))"#, instead: "N, or this many"),
        Phrase(pattern: #"besides"#, instead: "also"),
        Phrase(
            pattern: #"(?:thread|process|namespace|folder|call|lease|store|clock) of (?:its|their) own"#,
            instead: "its own, separate or dedicated"),
        Phrase(pattern: #"(?:is|are|was|were) told (?!to\b)"#, instead: "learns, or is notified"),
        Phrase(pattern: #"tells? of"#, instead: "reports"),
        Phrase(pattern: #"who(?:ever)? (?:waits|wants)"#, instead: "a caller that, or the waiter"),
        Phrase(pattern: #"(?:stands?|comes?) (?:in|into) line"#, instead: "is queued, or becomes available"),
        Phrase(pattern: #"it is looked again"#, instead: "read again"),
        Phrase(pattern: #"answers (?:whether|what|how|nil|which|if|true|false)"#, instead: "returns"),
        Phrase(
            pattern: #"hush(?:es|ed)?|heed(?:s|ed)?|rope|burial|bury|buried|inquest"#,
            instead: "quiet, handle, wake pipe, tombstone or crash report"),
    ]

    /// Comments and prose that use one of the phrases.
    static func oldIdioms(in file: SourceFile) -> [Finding] {
        guard !file.path.hasPrefix("Tests/Tidy/") else { return [] }
        // Made once a file: to make one takes longer than to read a line.
        let patterns = phrases.compactMap { phrase in
            (try? Regex(#"(?i)\b(?:"# + phrase.pattern + #")\b"#)).map { (pattern: $0, instead: phrase.instead) }
        }
        var isCode = false
        return file.lines.enumerated().compactMap { index, line in
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            guard !isCode, let prose = prose(of: line, in: file.path) else { return nil }
            for (pattern, instead) in patterns {
                guard let match = prose.firstMatch(of: pattern) else { continue }
                return Finding(
                    path: file.path, line: index + 1,
                    message: "“\(prose[match.range])”: write \(instead) (CONTRIBUTING.md, Language)")
            }
            return nil
        }
    }

    /// A line's prose without quotations and names in backticks; nil if it is code.
    private static func prose(of line: String, in path: String) -> String? {
        let text = line.drop { $0 == " " || $0 == "\t" }
        let marks: [String]
        switch path.split(separator: ".").last {
        case "md": marks = [""]
        case "swift": marks = ["//"]
        case "lua": marks = ["--"]
        case "c", "h": marks = ["//", "/*", "*"]
        default: return nil
        }
        guard marks.contains(where: { text.hasPrefix($0) }) else { return nil }
        return String(text).replacing(#/`[^`]*`|"[^"]*"|“[^”]*”/#, with: "")
    }
}
