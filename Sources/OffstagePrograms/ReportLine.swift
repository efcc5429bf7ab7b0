// The three things a program can say on descriptor 3, one a line. Whatever cannot be understood is told, with the
// reason, and otherwise ignored: a slip in a progress line is no reason to fail a job.
import OffstageCore

/// A line from descriptor 3, understood or not.
enum ReportLine: Equatable {
    case progress(Double, note: String)
    case checkpoint([UInt8])
    case snooze(Duration)
    case bad(String)

    /// The word and the blank that a checkpoint's line begins with.
    static let checkpointStart = [UInt8]("checkpoint ".utf8)

    init(_ line: [UInt8], checkpointLimit: Int) {
        var line = line[...]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.starts(with: Self.checkpointStart) {
            self = Self.checkpoint(of: line.dropFirst(Self.checkpointStart.count), limit: checkpointLimit)
            return
        }
        let text = String(decoding: line, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let rest = words.count > 1 ? words[1] : ""
        switch words.first {
        case "progress": self = Self.progress(of: rest)
        case "snooze": self = Self.snooze(of: rest)
        case "checkpoint": self = .bad("a checkpoint needs a JSON value: \"checkpoint JSON\"")
        default: self = .bad("\(Names.quoted(text)) is none of \"progress\", \"checkpoint\" and \"snooze\"")
        }
    }

    private static func checkpoint(of value: ArraySlice<UInt8>, limit: Int) -> ReportLine {
        guard value.count <= limit else {
            return .bad("a checkpoint of \(value.count) bytes is over the limit of \(limit)")
        }
        do throws(JSONError) {
            try JSON.validate(value)
            return .checkpoint(Array(value))
        } catch {
            return .bad("the checkpoint is not JSON: column \(error.column + checkpointStart.count): \(error.message)")
        }
    }

    private static func progress(of rest: Substring) -> ReportLine {
        let words = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard let word = words.first, let fraction = Double(word), (0...1).contains(fraction) else {
            return .bad("a progress needs a number from 0 to 1, not \(Names.quoted(String(words.first ?? "")))")
        }
        let note = words.count > 1 ? words[1] : ""
        return .progress(fraction, note: String(note.drop { $0 == " " }))
    }

    private static func snooze(of rest: Substring) -> ReportLine {
        let text = rest.filter { $0 != " " }
        guard let duration = duration(of: text) else {
            return .bad("a snooze needs a duration like 500ms, 30s, 10m, 2h or 1d, not \(Names.quoted(String(rest)))")
        }
        return .snooze(duration)
    }

    private static func duration(of text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number.isFinite else { return nil }
        let milliseconds: [Substring: Double] = ["ms": 1, "s": 1e3, "m": 60e3, "h": 3600e3, "d": 86_400e3]
        guard let unit = milliseconds[text.dropFirst(digits.count)] else { return nil }
        let total = number * unit
        let horizon = Limits().horizon
        guard total <= Double(horizon.components.seconds) * 1e3 else { return nil }
        return .milliseconds(Int64(total))
    }
}
