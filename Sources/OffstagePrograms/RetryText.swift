// The retry policy of a program's jobs, as written on a command line and in a handlers file.
public import OffstageCore

/// Parses the text of a retry policy.
public enum RetryText {
    /// The accepted syntax.
    public static let usage = "standard, never, a duration such as 30s, or two such as 10s..1h"

    /// Parses a policy: `standard` (the default curve), `never`, `30s` (a constant delay), or `10s..1h` (doubled after
    /// each failure, from the first to the second). Throws an error of one line that states what is wrong.
    public static func parse(_ text: String) throws(HandlersFileError) -> RetryPolicy {
        switch text {
        case "standard": return .standard
        case "never": return .never
        default: break
        }
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        if words.count == 1, let delay = ReportLine.duration(of: text) { return .constant(delay) }
        if words.count == 3, words[1].isEmpty, let base = ReportLine.duration(of: String(words[0])),
            let cap = ReportLine.duration(of: String(words[2])), base > .zero, base <= cap
        {
            return .exponential(base: base, cap: cap)
        }
        throw HandlersFileError("\(Names.quoted(text)) is no retry policy: write \(usage)")
    }
}
