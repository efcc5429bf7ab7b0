// How a program's jobs are tried again, as it is written on a command line and in a handlers file.
public import OffstageCore

/// The reading of a retry policy's text.
public enum RetryText {
    /// What can be written.
    public static let usage = "standard, never, a duration such as 30s, or two such as 10s..1h"

    /// Reads a policy: `standard` (the curve of a job that says nothing), `never`, `30s` (always as long), or `10s..1h`
    /// (doubled after each failure, from the one to the other). Throws one line that says what is wrong.
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
