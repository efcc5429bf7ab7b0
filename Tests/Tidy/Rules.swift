// The rules of the style that concern one file, each a function from a file to its findings, so that RulesTests can
// show on planted text that each of them bites.

import Foundation

enum Rules {
    static func length(of file: SourceFile) -> [Finding] {
        let excused = Allowed.excuses(Allowed.longFiles, file.path)
        let limit = excused ? Allowed.fileLengthWithReason : Allowed.fileLength
        guard file.length > limit else { return [] }
        return [Finding(path: file.path, line: 1, message: "\(file.length) lines, \(limit) is the limit: split it")]
    }

    static func lineLength(of file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.count > Allowed.lineLength else { return nil }
            return Finding(
                path: file.path, line: index + 1,
                message: "\(line.count) columns, \(Allowed.lineLength) is the limit")
        }
    }

    static func forbiddenCalls(in file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        func forbid(_ pattern: some RegexComponent, except allowed: [Allowed.Place], _ message: String) {
            guard !Allowed.excuses(allowed, file.path) else { return }
            findings += file.findings(matching: pattern, message)
        }
        let clock = #/\bDate\(\)|\bDate\.now\b|\bContinuousClock\(\)|\bSuspendingClock\(\)|\bContinuousClock\.now\b/#
        forbid(clock, except: Allowed.wallClock, "reads a clock by itself: take a TimeSource")
        forbid(
            #/\bTask\.sleep\b|\busleep\(|\bThread\.sleep\b/#, except: Allowed.sleep,
            "sleeps by itself: take a TimeSource")
        forbid(
            #/(^|[^.\w])print\(/#, except: Allowed.print, "prints: output goes through the command line's output type")
        forbid(#/\bfatalError\(/#, except: Allowed.fatalError, "fatalError: throw, or use a precondition that tells")
        forbid(#/\btry!/#, except: [], "try!: handle the error")
        return findings
    }

    /// `@unchecked Sendable` is a promise to the compiler; the proof stands in the lines before it.
    static func unprovenSendable(in file: SourceFile) -> [Finding] {
        file.code.enumerated().compactMap { index, line in
            guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { return nil }
            let before = file.lines[max(0, index - 6)...index]
            guard !before.contains(where: { $0.contains("//") && $0.contains("Proof:") }) else { return nil }
            return Finding(
                path: file.path, line: index + 1,
                message: "unchecked without a comment in the 6 lines before it that begins with Proof:")
        }
    }

    static func unfinished(in file: SourceFile) -> [Finding] {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        return file.lines.enumerated().compactMap { index, line in
            guard words.contains(where: { line.contains($0) }) else { return nil }
            return Finding(path: file.path, line: index + 1, message: "unfinished: do it, or file it")
        }
    }

    static func header(of file: SourceFile) -> [Finding] {
        let header = file.lines.prefix { $0.hasPrefix("//") }
        guard header.isEmpty else { return [] }
        return [Finding(path: file.path, line: 1, message: "no header comment that tells what the file is for")]
    }

    static func undocumented(in file: SourceFile) -> [Finding] {
        let kinds = "func|var|let|struct|class|enum|actor|protocol|init|subscript|typealias|macro|case|indirect"
        guard
            let declaration = try? Regex(
                "^\\s*(@\\w+(\\([^)]*\\))?\\s+)*(public|open)\\b(?!\\s+(import|extension)\\b).*\\b(\(kinds))\\b")
        else { return [Finding(path: file.path, line: 1, message: "the rule's own pattern is broken")] }
        return file.code.enumerated().compactMap { index, line in
            guard line.contains(declaration), !line.contains(#/^\s*(public|internal|private|package)?\s*import\b/#),
                !isDocumented(file, at: index)
            else { return nil }
            return Finding(path: file.path, line: index + 1, message: "a public declaration without a doc comment")
        }
    }

    /// Looks above a declaration for its doc comment, over the attributes between them.
    private static func isDocumented(_ file: SourceFile, at index: Int) -> Bool {
        var above = index - 1
        while above >= 0 {
            let line = file.lines[above].trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("///") || line.hasSuffix("*/") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("#if") || line.hasPrefix("//") else { return false }
            above -= 1
        }
        return false
    }
}
