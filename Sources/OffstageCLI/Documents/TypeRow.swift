// What one type did over a span of time: its minutes of history added up.
import OffstageCore

/// A type's figures.
struct TypeRow {
    /// The history of the span, added up; its minute is the first one.
    var sum: HistoryRow

    /// Adds up minutes by type, in the order of names.
    static func rows(of history: [HistoryRow]) -> [TypeRow] {
        var rows: [String: HistoryRow] = [:]
        for row in history {
            guard var sum = rows[row.type] else {
                rows[row.type] = row
                continue
            }
            sum.completed += row.completed
            sum.failed += row.failed
            sum.discarded += row.discarded
            sum.cancelled += row.cancelled
            sum.ranMicroseconds += row.ranMicroseconds
            sum.longestMicroseconds = max(sum.longestMicroseconds, row.longestMicroseconds)
            rows[row.type] = sum
        }
        return rows.values.sorted { $0.type < $1.type }.map { TypeRow(sum: $0) }
    }

    /// The mean run time of an attempt in microseconds; nil without attempts.
    var mean: Int64? {
        let attempts = sum.completed + sum.failed + sum.discarded + sum.cancelled
        return attempts > 0 ? sum.ranMicroseconds / Int64(attempts) : nil
    }

    /// Writes the type's document.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", sum.type)
        writer.member("completed", sum.completed)
        writer.member("failed", sum.failed)
        writer.member("discarded", sum.discarded)
        writer.member("cancelled", sum.cancelled)
        writer.member("mean_s", seconds: mean)
        writer.member("longest_s", seconds: sum.longestMicroseconds)
        writer.endObject()
    }

    /// Sets types in a table.
    static func table(_ rows: [TypeRow]) -> Table {
        var table = Table("type", "#completed", "#failed", "#discarded", "#cancelled", "#mean", "#longest")
        for row in rows {
            let sum = row.sum
            table.add(
                sum.type, Figures.grouped(sum.completed), Figures.grouped(sum.failed), Figures.grouped(sum.discarded),
                Figures.grouped(sum.cancelled),
                row.mean.map { DurationText.brief(seconds: Double($0) / 1_000_000) } ?? "",
                DurationText.brief(seconds: Double(sum.longestMicroseconds) / 1_000_000))
        }
        return table
    }
}
