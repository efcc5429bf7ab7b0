// The four reports that a program can write to descriptor 3, one per line. A line that cannot be parsed is reported
// with the reason and otherwise ignored, because an error in a progress line is no reason to fail a job.
import OffstageCore

/// A line from descriptor 3, valid or not.
enum ReportLine: Equatable {
    case progress(Double, note: String)
    case checkpoint([UInt8])
    case snooze(Duration)
    case retry(Duration)
    case bad(String)

    /// The word and the blank with which a checkpoint's line begins.
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
        case "snooze": self = Self.later(rest, "snooze", Self.snooze)
        case "retry": self = Self.later(rest, "retry", Self.retry)
        case "checkpoint": self = .bad("a checkpoint needs a JSON value: \"checkpoint JSON\"")
        default: self = .bad("\(Names.quoted(text)) is none of \"progress\", \"checkpoint\", \"snooze\" and \"retry\"")
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

    private static func later(_ rest: Substring, _ word: String, _ make: (Duration) -> ReportLine) -> ReportLine {
        let text = rest.filter { $0 != " " }
        guard let duration = duration(of: text) else {
            let shown = Names.quoted(String(rest))
            return .bad("a \(word) needs a duration such as 250ms, 30s, 10m, 1h, 2d or 1h30m, not \(shown)")
        }
        return make(duration)
    }

    /// Parses 250ms, 30s, 10m, 2h, 1d or 1h30m: whole numbers with units, larger units first. Nil if it is not a
    /// duration or too long.
    static func duration(of text: String) -> Duration? {
        let units: [(name: Substring, milliseconds: Int64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
        var rest = text[...]
        var total = Duration.zero
        var next = 0
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let letters = rest.dropFirst(digits.count).prefix { $0.isLetter }
            rest = rest.dropFirst(digits.count + letters.count)
            // At this many digits a sum of all units cannot overflow.
            guard digits.count <= 12, let number = Int64(digits) else { return nil }
            guard let unit = units.indices.first(where: { $0 >= next && units[$0].name == letters }) else { return nil }
            next = unit + 1
            total += .milliseconds(number) * units[unit].milliseconds
        } while !rest.isEmpty
        return total <= Limits().horizon ? total : nil
    }
}
