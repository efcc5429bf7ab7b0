// The rule on the length of functions: from the line of `func` or `init` to the line that closes its braces.

import Foundation

extension Rules {
    static func functionLength(of file: SourceFile) -> [Finding] {
        guard !Allowed.excuses(Allowed.longFunctions, file.path) else { return [] }
        return file.code.indices.compactMap { start in
            guard file.code[start].contains(#/(^|\s)(func\s+\S|init[?!]?\s*[(<]|deinit\s*\{)/#),
                let end = closingLine(of: file.code, from: start), end - start + 1 > Allowed.functionLength
            else { return nil }
            return Finding(
                path: file.path, line: start + 1,
                message: "a function of \(end - start + 1) lines, \(Allowed.functionLength) is the limit: cut it")
        }
    }

    /// The line that closes the first brace opened at or after the given one; nil for a requirement without a body.
    private static func closingLine(of code: [String], from start: Int) -> Int? {
        var depth = 0
        var opened = false
        for index in start..<code.count {
            let line = code[index]
            if !opened, index > start,
                line.contains(#/^\s*(func|var|init|subscript|static|case|\}|public|package|private)\b/#)
            {
                return nil
            }
            for character in line {
                if character == "{" {
                    depth += 1
                    opened = true
                } else if character == "}" {
                    depth -= 1
                    if depth <= 0 { return opened ? index : nil }
                }
            }
        }
        return nil
    }
}
