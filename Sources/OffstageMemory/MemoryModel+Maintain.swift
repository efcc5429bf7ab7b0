// Upkeep: nothing here is needed for a job to run. It makes words true (a due job is called available), discards what expired
// unseen, takes back leases nobody came for, and lets go of what retention no longer keeps.
import OffstageCore

extension MemoryModel {
    /// Does a piece of upkeep, each part up to a limit.
    mutating func maintain(limit: Int) -> MaintainReport {
        var report = MaintainReport()
        report.freed = freeDue(limit: limit)
        report.expired = expireDue(limit: limit)
        report.rescued = rescue(limit: limit)
        report.pruned = pruneByAge(limit: limit)
        for state in JobState.allCases where state.isEnded {
            report.pruned += pruneByCount(state, limit: limit - report.pruned)
        }
        dropReturns()
        forgetOld()
        report.more = [report.freed, report.expired, report.rescued, report.pruned].contains { $0 >= limit }
        return report
    }

    private mutating func freeDue(limit: Int) -> Int {
        let due = jobs.values.filter { ($0.record.state == .scheduled || $0.record.state == .retryable) && $0.record.runAt <= now }
            .sorted { ($0.record.runAt, $0.seq) < ($1.record.runAt, $1.seq) }.prefix(limit)
        for var job in due {
            job.move(.due)
            save(job)
            guard !paused.contains(job.record.queue) else { continue }
            let record = job.record
            reservable.append(
                Lane(queue: record.queue, type: record.type, priority: record.priority, isSuspect: job.isSuspect))
        }
        return due.count
    }

    private mutating func expireDue(limit: Int) -> Int {
        func expiry(_ job: MemoryJob) -> Timestamp { job.record.expiresAt ?? Timestamp(microseconds: .max) }
        let due = jobs.values.filter { ($0.record.state.isWaiting || $0.record.state == .held) && expiry($0) <= now }
            .sorted { (expiry($0), $0.seq) < (expiry($1), $1.seq) }.prefix(limit)
        // One that expires may free another; each is looked at as it is by then.
        for job in due { if let job = jobs[job.record.id] { expire(job) } }
        return due.count
    }

    private mutating func pruneByAge(limit: Int) -> Int {
        let over = jobs.values.filter { ($0.keepUntil.map { $0 <= now } ?? false) }
            .sorted(by: Self.endsFirst).prefix(limit)
        for job in over { forget(job) }
        return over.count
    }

    private mutating func pruneByCount(_ state: JobState, limit: Int) -> Int {
        let ended = jobs.values.filter { $0.record.state == state }
        let surplus = min(limit, ended.count - retention.count(of: state))
        guard surplus > 0 else { return 0 }
        for job in ended.sorted(by: Self.endsFirst).prefix(surplus) { forget(job) }
        return surplus
    }

    private mutating func forgetOld() {
        let oldest = historyBegin
        minutes = minutes.filter { $0.key.minute >= oldest }
        tombstones = tombstones.filter { $0.value.until > now }
        keys = keys.filter { key, hold in
            hold.successor != nil || hold.until.map { $0 > now } ?? true
        }
        workers = workers.filter { now - $0.value.seenAt < .seconds(86_400) }
    }

    /// The order of pruning: what is kept the shortest goes first.
    static func endsFirst(_ a: MemoryJob, _ b: MemoryJob) -> Bool {
        let zero = Timestamp(microseconds: 0)
        return (a.keepUntil ?? zero, a.seq) < (b.keepUntil ?? zero, b.seq)
    }
}
