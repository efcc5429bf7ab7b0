// Enqueue, one job at a time. Is the id known? Has the expiry passed? Is the unique key held? Only then is the job
// stored.
import OffstageCore

extension MemoryModel {
    /// Stores new jobs and returns an answer for each.
    mutating func enqueue(_ new: [NewJob]) -> [EnqueueAnswer] {
        if !new.isEmpty { moveLeaseClock() }
        return new.map { enqueue($0) }
    }

    private mutating func enqueue(_ new: NewJob) -> EnqueueAnswer {
        if let answer = repeated(new) { return answer }
        let runAt = max(now, new.start.resolved(at: now))
        if let expires = new.expires?.resolved(at: now), expires <= now {
            expire(accept(new, runAt: runAt))
            return .stored(.discarded)
        }
        if let rule = new.unique, let answer = meetKey(of: new, rule: rule, runAt: runAt) { return answer }
        let job = accept(new, runAt: runAt)
        acquire(job)
        save(job)
        return .stored(job.record.state)
    }

    private func repeated(_ new: NewJob) -> EnqueueAnswer? {
        let isRepeat: Bool
        let state: JobState
        if let job = jobs[new.id] {
            isRepeat = new.isRepeat(ofDigest: job.digest, type: job.record.type, arguments: job.record.arguments)
            state = job.record.state
        } else if let tombstone = tombstones[new.id], tombstone.until > now {
            // Without a digest, an enqueuer made the id, and an enqueuer sends only the same job again.
            isRepeat = tombstone.digest.map { new.isRepeat(ofDigest: $0, type: nil, arguments: nil) } ?? true
            state = tombstone.state
        } else {
            return nil
        }
        return isRepeat ? .repeated(state) : .taken(new.id)
    }

    /// Gives a job its acceptance number.
    private mutating func accept(_ new: NewJob, runAt: Timestamp) -> StoredJob {
        lastSeq += 1
        return StoredJob(new, seq: lastSeq, runAt: runAt, now: now)
    }

    /// Decides about a job at its unique key; nil if the key is free.
    private mutating func meetKey(of new: NewJob, rule: UniqueRule, runAt: Timestamp) -> EnqueueAnswer? {
        let key = UniqueKey(type: new.type, key: rule.key)
        endExpired(at: key)
        // The successor runs after the holder in any case, so the newest arguments belong to it.
        if rule.onConflict != .existing, let successor = keys[key]?.successor.flatMap({ jobs[$0] }) {
            return replace(successor, with: new, runAt: runAt)
        }
        guard let hold = hold(on: key) else { return nil }
        guard let holder = jobs[hold.holder], holder.seq == hold.seq else {
            return .duplicate(of: hold.holder, .completed)
        }
        let state = holder.record.state
        switch rule.onConflict {
        case .replace where state.isWaiting, .again where state.isWaiting:
            return replace(holder, with: new, runAt: runAt)
        case .again where state == .running:
            return succeed(with: new, runAt: runAt)
        case .existing, .replace, .again:
            return .duplicate(of: hold.holder, state)
        }
    }

    private mutating func replace(_ old: StoredJob, with new: NewJob, runAt: Timestamp) -> EnqueueAnswer {
        var job = old
        job.record.replace(with: new, runAt: runAt, now: now)
        save(job)
        return .replaced(job.record.id, job.record.state)
    }

    /// Holds a job until the running holder of its key has ended.
    private mutating func succeed(with new: NewJob, runAt: Timestamp) -> EnqueueAnswer {
        var job = accept(new, runAt: runAt)
        job.record.state = .held
        if let key = job.key { keys[key]?.successor = job.record.id }
        save(job)
        return .stored(.held)
    }

    /// Discards a job whose expiry has passed.
    mutating func expire(_ job: StoredJob) {
        var job = job
        let turn = decide { try job.expire(options, at: now) }
        save(job, after: turn)
    }
}
