// Maintenance. No job needs it to run. It brings states up to date (a due job becomes available), discards expired jobs
// that no call has met, takes back leases that ran out, and removes what retention no longer keeps.
import OffstageCore

extension MemoryModel {
    /// Does a bounded amount of maintenance, each part up to a limit.
    mutating func maintain(limit: Int) -> MaintainReport {
        moveLeaseClock()
        var report = MaintainReport()
        report.freed = freeDue(limit: limit)
        report.expired = expireDue(limit: limit)
        report.rescued = rescue(limit: limit)
        for state in JobState.allCases where state.isEnded {
            report.pruned += pruneByAge(state, limit: limit)
            report.pruned += pruneByCount(state, limit: limit)
        }
        let isCut = [dropReturns(limit: limit), forgetOld(limit: limit)].contains(true)
        report.more = isCut || [report.freed, report.expired, report.rescued, report.pruned].contains { $0 >= limit }
        return report
    }

    private mutating func freeDue(limit: Int) -> Int {
        let due = jobs.values.filter {
            ($0.record.state == .scheduled || $0.record.state == .retryable) && $0.record.runAt <= now
        }
        .sorted { ($0.record.runAt, $0.seq) < ($1.record.runAt, $1.seq) }.prefix(limit)
        for var job in due {
            decide { try job.becomeDue() }
            save(job)
        }
        return due.count
    }

    private mutating func expireDue(limit: Int) -> Int {
        func expiry(_ job: StoredJob) -> Timestamp { job.record.expiresAt ?? Timestamp(microseconds: .max) }
        let due = jobs.values.filter { ($0.record.state.isWaiting || $0.record.state == .held) && expiry($0) <= now }
            .sorted { (expiry($0), $0.seq) < (expiry($1), $1.seq) }.prefix(limit)
        // The end of one job frees its successor, which may end because of the same expiry, so read each job again.
        for job in due { if let job = jobs[job.record.id], job.record.hasExpired(at: now) { expire(job) } }
        return due.count
    }

    private mutating func pruneByAge(_ state: JobState, limit: Int) -> Int {
        let over = ended(as: state).filter { $0.keepUntil.map { $0 <= now } ?? false }.prefix(limit)
        for job in over { forget(job) }
        return over.count
    }

    private mutating func pruneByCount(_ state: JobState, limit: Int) -> Int {
        let ended = ended(as: state)
        let surplus = max(0, min(limit, ended.count - retention.count(of: state)))
        for job in ended.prefix(surplus) { forget(job) }
        return surplus
    }

    /// Returns the jobs that ended in this state, ordered by how soon retention removes them.
    private func ended(as state: JobState) -> [StoredJob] {
        let zero = Timestamp(microseconds: 0)
        return jobs.values.filter { $0.record.state == state }
            .sorted { ($0.keepUntil ?? zero, $0.seq) < ($1.keepUntil ?? zero, $1.seq) }
    }

    /// Returns whether a part reached its limit.
    private mutating func forgetOld(limit: Int) -> Bool {
        let oldest = historyBegin
        minutes = minutes.filter { $0.key.minute >= oldest }
        workers = workers.filter { now - $0.value.seenAt <= .seconds(86_400) }
        tombstones = tombstones.filter { $0.value.digest != nil || $0.value.until > now }
        let graves = tombstones.filter { $0.value.until <= now }
            .sorted { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
        for (id, _) in graves.prefix(limit) { tombstones[id] = nil }
        let far = Timestamp(microseconds: .max)
        let passed = keys.filter { $0.value.successor == nil && ($0.value.until ?? far) <= now }
            .sorted {
                ($0.value.until ?? far, $0.key.type, $0.key.key) < ($1.value.until ?? far, $1.key.type, $1.key.key)
            }
        for (key, _) in passed.prefix(limit) { keys[key] = nil }
        return graves.count >= limit || passed.count >= limit
    }
}
