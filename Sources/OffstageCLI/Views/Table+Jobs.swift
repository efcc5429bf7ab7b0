// Tables of jobs: the list of `jobs`, and the shorter ones of `top`.
import OffstageCore

extension Table {
    /// Returns a table of jobs as they are at `now`.
    static func of(_ records: [JobRecord], now: Timestamp) -> Table {
        var table = Table("id", "type", "queue", "state", "#attempt", "#age", "about")
        for record in records {
            table.add([
                Cell(record.id.description), Cell(record.type), Cell(record.queue),
                Cell(record.state.name, .of(record.state)), Cell("\(record.attempt)/\(record.maxAttempts)"),
                Cell(DurationText.brief(now - record.enqueuedAt)), Cell(JobText.about(record, now: now)),
            ])
        }
        return table
    }

    /// Returns a table of jobs with the time since `moment` of each.
    static func of(_ records: [JobRecord], since title: String, now: Timestamp, _ moment: (JobRecord) -> Timestamp?)
        -> Table
    {
        var table = Table("job", "type", "#\(title)", "#try", "about")
        for record in records {
            table.add([
                Cell(record.id.description), Cell(record.type),
                Cell(moment(record).map { DurationText.brief(now - $0) } ?? ""), Cell("\(record.attempt)"),
                Cell(JobText.about(record, now: now)),
            ])
        }
        return table
    }
}
