// A file of the package as the rules see it: its path from the package's root, its lines as written, and, for Swift,
// the same lines with comments and strings blanked.

import Foundation

struct SourceFile: Sendable {
    let path: String
    let lines: [String]
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        code = path.hasSuffix(".swift") ? SourceText.codeLines(of: text) : lines
    }

    /// How many lines the file has; a newline at its end begins no further one.
    var length: Int { lines.last == "" ? lines.count - 1 : lines.count }

    /// The folder under `Sources/` that the file is in; nil elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// A finding at each line of code that the pattern is found in.
    func findings(matching pattern: some RegexComponent, _ message: String) -> [Finding] {
        code.enumerated().compactMap { index, line in
            line.contains(pattern) ? Finding(path: path, line: index + 1, message: message) : nil
        }
    }
}
