// Enqueue: one job after the other, in one transaction. A plain job (no unique key, no caller's id, no expiry) costs
// one insert into `jobs` and one into `line`. Everything else that a job asks for is handled before that.
import OffstageCore

extension WriteSession {
    /// Stores jobs and returns an answer for each.
    func enqueue(_ jobs: [NewJob]) throws -> [EnqueueAnswer] {
        let now = now
        if !jobs.isEmpty { try moveLeaseClock() }
        var answers: [EnqueueAnswer] = []
        answers.reserveCapacity(jobs.count)
        for job in jobs { answers.append(try enqueue(job, at: now)) }
        return answers
    }

    func enqueue(_ job: NewJob, at now: Timestamp) throws -> EnqueueAnswer {
        let runAt = max(now, job.start.resolved(at: now))
        let expiresAt = job.expires?.resolved(at: now)
        var state: JobState = runAt > now ? .scheduled : .available
        if job.callerChoseID || job.unique != nil {
            if let known = try earlierAnswer(job) { return known }
        } else if try mayBeBuried(job.id), try buriedAnswer(job) != nil, let known = try earlierAnswer(job) {
            // A record takes precedence over a tombstone, which a clock that was set back may have made valid again.
            return known
        }
        if let expiresAt, expiresAt <= now {
            return try storeExpired(job, runAt: runAt, expiresAt: expiresAt, at: now)
        }
        if let rule = job.unique {
            switch try meetKey(of: job, rule: rule, runAt: runAt, at: now) {
            case .free: break
            case .answer(let answer): return answer
            case .standBehind: state = .held
            }
        }
        guard let seq = try insert(job, state: state, runAt: runAt, expiresAt: expiresAt, at: now) else {
            return try earlierAnswer(job) ?? .taken(job.id)
        }
        if let rule = job.unique {
            if state != .held {
                try acquire(rule, type: job.type, seq: seq, id: job.id, at: now)
            } else {
                try setSuccessor(seq, type: job.type, key: rule.key)
            }
        }
        return .stored(state)
    }

    /// Returns the answer for an id that has a record or a tombstone; nil for a new id.
    private func earlierAnswer(_ job: NewJob) throws -> EnqueueAnswer? {
        if let known = try load(job.id) {
            let record = known.record
            return job.isRepeat(ofDigest: known.digest, type: record.type, arguments: record.arguments)
                ? .repeated(record.state) : .taken(job.id)
        }
        return try buriedAnswer(job)
    }

    /// Returns the answer for an id whose record was removed; nil if there is no valid tombstone.
    private func buriedAnswer(_ job: NewJob) throws -> EnqueueAnswer? {
        let find = statements.keys.findTombstone
        find.bind(1, job.id)
        guard try find.step() else { return nil }
        defer { find.reset() }
        guard find.int64(2) > now.microseconds else { return nil }
        let digest = UInt64(bitPattern: find.int64(0))
        guard digest == Self.anyDigest || job.isRepeat(ofDigest: digest, type: nil, arguments: nil) else {
            return .taken(job.id)
        }
        return .repeated(JobState(rawValue: find.int(1)) ?? .completed)
    }

    // MARK: Conflicts of unique keys

    private enum Meeting {
        case free
        case answer(EnqueueAnswer)
        case standBehind
    }

    /// Decides what happens to a job at its unique key.
    private func meetKey(of job: NewJob, rule: UniqueRule, runAt: Timestamp, at now: Timestamp) throws -> Meeting {
        guard let holder = try unexpiredHolder(type: job.type, key: rule.key, at: now) else { return .free }
        // Whatever state the holder is in, its successor runs after it, so the newest arguments belong to the
        // successor.
        if rule.onConflict != .existing, let successor = try holder.successor.flatMap({ try load($0) }) {
            return .answer(try replace(successor, with: job, runAt: runAt, at: now))
        }
        if holder.isOver(at: now) { return .free }
        guard let held = try load(holder.seq), held.record.id == holder.id else {
            return .answer(.duplicate(of: holder.id, .completed))
        }
        let state = held.record.state
        switch (rule.onConflict, state) {
        case (.existing, _): return .answer(.duplicate(of: holder.id, state))
        case (_, _) where state.isWaiting: return .answer(try replace(held, with: job, runAt: runAt, at: now))
        case (.again, .running): return .standBehind
        default: return .answer(.duplicate(of: holder.id, state))
        }
    }

    private func replace(_ old: JobRow, with job: NewJob, runAt: Timestamp, at now: Timestamp) throws
        -> EnqueueAnswer
    {
        var new = old
        new.record.replace(with: job, runAt: runAt, now: now)
        try write(new, was: old)
        return .replaced(new.record.id, new.record.state)
    }

    // MARK: Inserting

    private func storeExpired(
        _ job: NewJob, runAt: Timestamp, expiresAt: Timestamp, at now: Timestamp
    ) throws -> EnqueueAnswer {
        // The job is inserted as available, without an entry in the line, and expires at once: all jobs end the same
        // way.
        guard let seq = try insert(job, state: .available, runAt: runAt, expiresAt: expiresAt, at: now, inLine: false)
        else { return try earlierAnswer(job) ?? .taken(job.id) }
        if let loaded = try load(seq) { try expire(loaded, inLine: false, at: now) }
        return .stored(.discarded)
    }

    /// Inserts the row and its entry in the line. Returns its sequence number, or nil if the id exists already.
    private func insert(
        _ job: NewJob, state: JobState, runAt: Timestamp, expiresAt: Timestamp?, at now: Timestamp, inLine: Bool = true
    ) throws -> Int64? {
        let lane = try lane(queue: job.queue, type: job.type)
        let isPlain =
            job.timeoutMicroseconds == nil && expiresAt == nil && job.parent == nil && job.returnQueue == nil
            && job.tags.isEmpty && job.metadata.isEmpty && job.unique == nil && !job.callerChoseID
        let insert = isPlain ? statements.jobs.insertPlain : statements.jobs.insertFull
        insert.bind(2, lane)
        insert.bind(3, state.rawValue)
        insert.bind(4, job.priority)
        insert.bind(5, runAt)
        insert.bind(6, now)
        insert.bind(7, job.maxAttempts)
        insert.bind(9, Int64(bitPattern: job.digest))
        if !isPlain { bindRest(insert, job, expiresAt: expiresAt) }
        insert.bind(1, job.id)
        insert.bind(8, job.arguments)
        try insert.run()
        guard connection.changes == 1 else { return nil }
        let seq = connection.lastRowID
        tally.move(lane, from: nil, to: state)
        if inLine, state.isWaiting {
            let level = Line.level(job.priority, isSuspect: false, isTimed: state != .available)
            touch(lane, level)
            let line = statements.line.insert
            line.bind(1, lane)
            line.bind(2, level)
            line.bind(3, runAt)
            line.bind(4, seq)
            try line.run()
            if state == .available { noteReservable(lane) }
        }
        return seq
    }

    private func bindRest(_ insert: Statement, _ job: NewJob, expiresAt: Timestamp?) {
        insert.bind(10, job.timeoutMicroseconds)
        insert.bind(11, expiresAt?.microseconds)
        insert.bind(12, job.parent)
        insert.bind(13, job.returnQueue)
        insert.bind(14, ColumnTexts.list(job.tags))
        insert.bind(15, ColumnTexts.map(job.metadata))
        insert.bind(16, job.unique?.key)
        insert.bind(17, job.unique.map { Int64($0.release.rawValue * 4 + $0.onConflict.rawValue) })
        insert.bind(18, job.unique?.window?.microseconds)
        insert.bind(19, job.callerChoseID ? Int64(1) : nil)
    }
}
