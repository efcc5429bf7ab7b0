// Counts: the writer maintains them, and they are only read here.
import OffstageCore

extension ReadSession {
    func counts() throws -> StoreCounts {
        let now = now
        var counts = StoreCounts(at: now)
        let lanes = try connection.prepareOnce(
            """
            SELECT queue, type, held, scheduled, available, running, retryable, completed, discarded, cancelled
            FROM lanes ORDER BY queue, type
            """)
        while try lanes.step() {
            let byState = (0..<8).map { lanes.int(Int32(2 + $0)) }
            guard byState.contains(where: { $0 != 0 }) else { continue }
            counts.lanes.append(LaneCounts(queue: lanes.text(0), type: lanes.text(1), byState: byState))
        }
        try takeOldest(&counts)
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

    private func takeOldest(_ counts: inout StoreCounts) throws {
        let oldest = try connection.prepareOnce(
            """
            SELECT l.queue, min(h.run_at) FROM heads h JOIN lanes l ON l.id = h.lane
            WHERE h.level < \(Line.timed) OR h.run_at <= ?1 GROUP BY l.queue
            """)
        oldest.bind(1, counts.at)
        while try oldest.step() {
            counts.oldestDue[oldest.text(0)] = min(counts.at, Timestamp(microseconds: oldest.int64(1)))
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
        var bytes = 0
        while try find.step() {
            let announcement = Announcements.read(find)
            bytes += announcement.size
            if !found.isEmpty, bytes > Limits.replyBytes { break }
            found.append(announcement)
        }
        find.reset()
        return found
    }
}
