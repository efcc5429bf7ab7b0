// What the monitor asks for: counts, why a job has not started, and what ended when. This model may count where a store
// has to maintain counts.
import OffstageCore

/// One minute of one type.
struct HistoryKey: Hashable {
    let minute: Timestamp
    let type: String
}

extension MemoryModel {
    /// Returns the records of these jobs.
    func find(_ ids: [JobID]) -> [JobRecord?] { ids.map { jobs[$0].map(shown) } }

    /// Returns the number of jobs in each state.
    func counts() -> StoreCounts {
        struct Key: Hashable { let queue, type: String }
        var counts = StoreCounts(at: now)
        var lanes: [Key: LaneCounts] = [:]
        for record in jobs.values.lazy.map(\.record) {
            let none = LaneCounts(
                queue: record.queue, type: record.type, byState: Array(repeating: 0, count: JobState.allCases.count))
            lanes[Key(queue: record.queue, type: record.type), default: none].byState[record.state.rawValue] += 1
            if record.isDue(at: now) {
                counts.oldestDue[record.queue] = min(record.runAt, counts.oldestDue[record.queue] ?? now)
            }
        }
        counts.lanes = lanes.values.sorted { ($0.queue, $0.type) < ($1.queue, $1.type) }
        counts.paused = paused.sorted()
        for (name, queue) in returns {
            if !queue.waiting.isEmpty { counts.returns[name] = queue.waiting.count }
            if queue.dropped > 0 { counts.returnsDropped[name] = queue.dropped }
        }
        counts.staleRefused = staleRefused
        return counts
    }

    /// Returns what keeps a job from starting.
    func standing(of id: JobID) -> JobStanding? {
        guard let job = jobs[id] else { return nil }
        let record = job.record
        var standing = JobStanding(record: shown(job), at: now)
        standing.isPaused = paused.contains(record.queue)
        // A holder whose expiry has passed blocks no job: the next maintenance ends it.
        if record.state == .held, let holder = job.key.flatMap({ keys[$0]?.holder }),
            jobs[holder].map({ !$0.record.hasExpired(at: now) }) ?? true
        {
            standing.predecessor = holder
        }
        guard record.isDue(at: now) else { return standing }
        let own = (record.priority, record.runAt, job.seq)
        let ahead = jobs.values.lazy.filter {
            $0.record.queue == record.queue && $0.record.isDue(at: now)
                && ($0.record.priority, $0.record.runAt, $0.seq) < own
        }
        standing.ahead = min(Limits.rankCap, ahead.count)
        return standing
    }

    /// Counts an end, or a failure that is retried, in its minute.
    mutating func count(_ state: JobState, of type: String, ran: Int64) {
        let key = HistoryKey(minute: now.minute, type: type)
        var row = minutes[key] ?? HistoryRow(minute: key.minute, type: type)
        switch state {
        case .completed: row.completed += 1
        case .discarded: row.discarded += 1
        case .cancelled: row.cancelled += 1
        default: row.failed += 1
        }
        row.ranMicroseconds += ran
        row.longestMicroseconds = max(row.longestMicroseconds, ran)
        minutes[key] = row
    }

    /// Returns what ended since a moment, by minute and type, including the whole minute of that moment.
    func history(since: Timestamp) -> [HistoryRow] {
        let begin = max(since.minute, historyBegin)
        return minutes.values.filter { $0.minute >= begin }.sorted { ($0.minute, $0.type) < ($1.minute, $1.type) }
    }

    /// How far back the history reaches.
    var historyBegin: Timestamp { now - retention.historyAge }
}

extension Timestamp {
    /// The beginning of the minute that this moment lies in.
    var minute: Timestamp {
        let rest = microseconds % 60_000_000
        return Timestamp(microseconds: microseconds - (rest < 0 ? rest + 60_000_000 : rest))
    }
}
