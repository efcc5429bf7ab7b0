// Enqueue: one job after the other. Is the id known? Has the expiry passed? Is the unique key held? Only then is it
// stored.
import OffstageCore

extension MemoryModel {
    /// Stores new jobs and answers for each.
    mutating func enqueue(_ new: [NewJob]) -> [EnqueueAnswer] {
        new.map { enqueue($0) }
    }

    private mutating func enqueue(_ new: NewJob) -> EnqueueAnswer {
        if let answer = repeated(new) { return answer }
        let runAt = max(now, new.start.resolved(at: now))
        if let expires = new.expires?.resolved(at: now), expires <= now {
            expire(accept(new, runAt: runAt))
            return .stored(.discarded)
        }
        guard let rule = new.unique, let hold = hold(on: UniqueKey(type: new.type, key: rule.key)) else {
            let job = accept(new, runAt: runAt)
            acquire(job)
            save(job)
            return .stored(job.record.state)
        }
        return meet(hold, with: new, rule: rule, runAt: runAt)
    }

    private func repeated(_ new: NewJob) -> EnqueueAnswer? {
        let known: (digest: UInt64?, state: JobState)
        if let job = jobs[new.id] {
            known = (job.digest, job.record.state)
        } else if let tombstone = tombstones[new.id], tombstone.until > now {
            known = (tombstone.digest, tombstone.state)
        } else {
            return nil
        }
        return known.digest == nil || known.digest == new.digest
            ? .repeated(known.state) : .refused("id \(new.id) is taken by a different job")
    }

    /// Gives a job its acceptance number.
    private mutating func accept(_ new: NewJob, runAt: Timestamp) -> MemoryJob {
        lastSeq += 1
        return MemoryJob(new, seq: lastSeq, runAt: runAt, now: now)
    }

    /// What happens to a job whose unique key another one holds.
    private mutating func meet(_ hold: Hold, with new: NewJob, rule: UniqueRule, runAt: Timestamp) -> EnqueueAnswer {
        guard let holder = jobs[hold.holder], holder.seq == hold.seq else {
            return .duplicate(of: hold.holder, .completed)
        }
        let state = holder.record.state
        switch rule.onConflict {
        case .replace where state.isWaiting, .again where state.isWaiting:
            var holder = holder
            holder.record.arguments = new.arguments
            holder.move(to: runAt, now: now)
            save(holder)
            return .replaced(holder.record.id, holder.record.state)
        case .again where state == .running:
            return succeed(hold, with: new, runAt: runAt)
        case .existing, .replace, .again:
            return .duplicate(of: hold.holder, state)
        }
    }

    /// Holds a job until the running holder of its key has ended; if one is held already, it gets these arguments and
    /// this time.
    private mutating func succeed(_ hold: Hold, with new: NewJob, runAt: Timestamp) -> EnqueueAnswer {
        if let id = hold.successor, var successor = jobs[id] {
            successor.record.arguments = new.arguments
            successor.record.runAt = runAt
            save(successor)
            return .replaced(id, .held)
        }
        var job = accept(new, runAt: runAt)
        job.record.state = .held
        if let key = job.key { keys[key]?.successor = job.record.id }
        save(job)
        return .stored(.held)
    }

    /// Discards a job whose expiry has passed.
    mutating func expire(_ job: MemoryJob) {
        var job = job
        job.add(Failure(.expired, "expired before it could start"), at: now)
        end(job, by: .expired)
    }
}

extension MemoryJob {
    /// Gives a waiting job another time; it is scheduled or available by it.
    mutating func move(to runAt: Timestamp, now: Timestamp) {
        record.runAt = runAt
        if runAt > now { move(.postponed) } else if record.state != .available { move(.due) }
    }
}
