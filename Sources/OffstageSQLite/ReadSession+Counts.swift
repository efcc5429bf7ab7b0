// Numbers: they are maintained by the writer and only read here.
import OffstageCore

extension ReadSession {
    func counts() throws -> StoreCounts {
        let now = now
        var counts = StoreCounts(at: now)
        let lanes = try connection.prepareOnce(
            """
            SELECT queue, type, held, scheduled, available, running, retryable, completed, discarded, cancelled,
                id, waiting
            FROM lanes ORDER BY queue, type
            """)
        var waiting: [(id: Int64, queue: String)] = []
        while try lanes.step() {
            let byState = (0..<8).map { lanes.int(Int32(2 + $0)) }
            guard byState.contains(where: { $0 != 0 }) else { continue }
            counts.lanes.append(LaneCounts(queue: lanes.text(0), type: lanes.text(1), byState: byState))
            if lanes.int(11) > 0 { waiting.append((lanes.int64(10), lanes.text(0))) }
        }
        try takeOldest(waiting, &counts)
        let paused = try connection.prepareOnce("SELECT name FROM queues WHERE paused = 1 ORDER BY name")
        while try paused.step() { counts.paused.append(paused.text(0)) }
        let returns = try connection.prepareOnce("SELECT name, waiting, dropped FROM return_queues")
        while try returns.step() {
            if returns.int(1) != 0 { counts.returns[returns.text(0)] = returns.int(1) }
            if returns.int(2) != 0 { counts.returnsDropped[returns.text(0)] = returns.int(2) }
        }
        counts.staleRefused = Int(try connection.integer("SELECT value FROM facts WHERE name = 'stale_refused'"))
        return counts
    }

    private func takeOldest(_ lanes: [(id: Int64, queue: String)], _ counts: inout StoreCounts) throws {
        let next = try connection.prepareOnce(
            "SELECT priority, run_at FROM line WHERE lane = ?1 AND priority >= ?2 ORDER BY priority, run_at LIMIT 1")
        for (lane, queue) in lanes {
            var priority = 0
            while true {
                next.bind(1, lane)
                next.bind(2, priority)
                guard try next.step() else { break }
                priority = next.int(0) + 1
                let runAt = Timestamp(microseconds: next.int64(1))
                next.reset()
                guard runAt <= counts.at else { continue }
                counts.oldestDue[queue] = min(counts.oldestDue[queue] ?? runAt, runAt)
            }
        }
    }

    func history(since: Timestamp) throws -> [HistoryRow] {
        let minute = since.microseconds / 60_000_000 * 60_000_000
        let oldest = max(minute, now.microseconds - options.retention.historyAge.microseconds)
        let find = try connection.prepareOnce(
            """
            SELECT minute, type, completed, failed, discarded, cancelled, ran, longest FROM history
            WHERE minute >= ?1 ORDER BY minute, type
            """)
        find.bind(1, oldest)
        var rows: [HistoryRow] = []
        while try find.step() {
            var row = HistoryRow(minute: Timestamp(microseconds: find.int64(0)), type: find.text(1))
            row.completed = find.int(2)
            row.failed = find.int(3)
            row.discarded = find.int(4)
            row.cancelled = find.int(5)
            row.ranMicroseconds = find.int64(6)
            row.longestMicroseconds = find.int64(7)
            rows.append(row)
        }
        return rows
    }

    func peekReturns(in name: String, limit: Int) throws -> [Announcement] {
        let find = try connection.prepareOnce(
            "SELECT \(Announcements.columns) FROM returns WHERE queue = ?1 ORDER BY number LIMIT ?2")
        find.bind(1, name)
        find.bind(2, min(limit, Limits.batch))
        var found: [Announcement] = []
        while try find.step() { found.append(Announcements.read(find)) }
        return found
    }
}
