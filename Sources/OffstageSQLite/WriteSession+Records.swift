// Loading and writing one job as a whole, and the effects of its end. Every operation but the three fast paths (a plain
// enqueue, a reservation, a plain completion) goes through here, so the line, the lease and the counts can only change
// together.
import OffstageCore

extension WriteSession {
    /// Returns the row of a job by its sequence number; nil if there is none.
    func load(_ seq: Int64) throws -> JobRow? {
        statements.jobs.load.bind(1, seq)
        return try readRow(statements.jobs.load)
    }

    /// Returns the row of a job by its id; nil if there is none.
    func load(_ id: JobID) throws -> JobRow? {
        statements.jobs.loadByID.bind(1, id)
        return try readRow(statements.jobs.loadByID)
    }

    private func readRow(_ statement: Statement) throws -> JobRow? {
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return JobRow(
            statement, lane: try lane(statement.int64(2)), wide: true, now: now, leaseNow: try leaseNow())
    }

    /// Writes back a job that was loaded as `old` and is `new` now.
    func write(_ new: JobRow, was old: JobRow, inLine: Bool = true) throws {
        if new.lineLevel != old.lineLevel || new.record.runAt != old.record.runAt {
            if inLine, let level = old.lineLevel {
                try setLine(statements.line.delete, old, level)
            }
            if let level = new.lineLevel { try setLine(statements.line.insert, new, level) }
        } else if !inLine, let level = new.lineLevel {
            try setLine(statements.line.insert, new, level)
        }
        try writeLease(new, was: old)
        tally.move(new.lane, from: old.record.state, to: new.record.state)
        if new.record.state == .available, old.record.state != .available { noteReservable(new.lane) }
        let u = statements.jobs.update
        let r = new.record
        u.bind(1, new.seq)
        u.bind(2, r.state == .running ? JobState.available.rawValue : r.state.rawValue)
        u.bind(3, r.runAt)
        u.bind(4, r.maxAttempts)
        u.bind(5, new.failures)
        u.bind(6, r.attempt)
        u.bind(7, r.attemptedAt?.microseconds)
        u.bind(8, r.finishedAt?.microseconds)
        u.bind(9, new.keepUntil?.microseconds)
        u.bind(10, new.settled.map { Int64(bitPattern: $0.worker.bits) })
        u.bind(11, new.settled.map { Int64(bitPattern: $0.counter) })
        u.bind(12, new.settled.map { Int64($0.kind) })
        u.bind(13, r.arguments)
        u.bind(14, r.result)
        u.bind(15, r.resultTruncated ? Int64(1) : nil)
        u.bind(16, r.crashes == 0 ? nil : Int64(r.crashes))
        u.bind(17, r.interruptions == 0 ? nil : Int64(r.interruptions))
        u.bind(18, r.expiresAt?.microseconds)
        u.bind(19, r.cancelRequestedAt?.microseconds)
        u.bind(20, ColumnTexts.errors(r.errors))
        u.bind(21, r.isSuspect ? Int64(r.suspectedAt) : nil)
        try u.run()
        try forgetNotes(of: r, was: old.record, seq: new.seq)
    }

    /// Removes what a handler noted: the checkpoint once the job has completed, both once it has other arguments.
    private func forgetNotes(of new: JobRecord, was old: JobRecord, seq: Int64) throws {
        let losesCheckpoint = old.checkpoint != nil && new.checkpoint == nil
        guard losesCheckpoint || old.progress != nil && new.progress == nil else { return }
        let forget = statements.jobs.forgetNotes
        forget.bind(1, seq)
        forget.bind(2, new.progress?.fraction)
        forget.bind(3, new.progress?.note)
        try forget.run()
    }

    private func setLine(_ statement: Statement, _ job: JobRow, _ level: Int) throws {
        touch(job.lane, level)
        statement.bind(1, job.lane)
        statement.bind(2, level)
        statement.bind(3, job.record.runAt)
        statement.bind(4, job.seq)
        try statement.run()
    }

    private func writeLease(_ new: JobRow, was old: JobRow) throws {
        guard new.lease != old.lease || new.leaseFlags != old.leaseFlags else { return }
        guard let lease = new.lease else {
            if old.lease?.isSuspects == true { try forgetSuspect(old.seq) }
            statements.leases.delete.bind(1, new.seq)
            return try statements.leases.delete.run()
        }
        let update = statements.leases.update
        update.bind(1, new.seq)
        update.bind(2, lease.deadline)
        update.bind(3, lease.startedAt?.microseconds)
        update.bind(4, new.leaseFlags)
        try update.run()
    }

    // MARK: Ends

    /// Writes a state change with all its effects. The end of a job releases its key, which frees the job waiting for
    /// it, and the end is announced and counted.
    func write(
        _ new: JobRow, was old: JobRow, after turn: LifeTurn, inLine: Bool = true, at now: Timestamp
    ) throws {
        switch turn {
        case .goesOn: break
        case .failed(let ran): tally.ended(new.lane, as: .retryable, ran: ran)
        case .ended(let ran):
            tally.ended(new.lane, as: new.record.state, ran: ran)
            if new.unique != nil { try releaseAtEnd(new, at: now) }
            try announce(new, state: new.record.state, at: now)
        }
        try write(new, was: old, inLine: inLine)
    }

    /// Discards an expired job.
    func expire(_ loaded: JobRow, inLine: Bool, at now: Timestamp) throws {
        var row = loaded
        let turn = try row.job.expire(options, at: now)
        try write(row, was: loaded, after: turn, inLine: inLine, at: now)
    }

    /// Takes a job's lease away and puts the job back where it waited before. A job asked to cancel is cancelled
    /// instead.
    func handBack(_ loaded: JobRow, isInterruption: Bool, at now: Timestamp) throws {
        var row = loaded
        let turn = try row.job.handBack(isInterruption: isInterruption, options, at: now)
        try write(row, was: loaded, after: turn, at: now)
    }

    /// Announces a job's end on its return queue.
    func announce(_ job: JobRow, state: JobState?, at now: Timestamp) throws {
        guard let queue = job.record.returnQueue else { return }
        let insert = statements.sums.insertReturn
        insert.bind(1, queue)
        insert.bind(2, now)
        insert.bind(3, job.record.id)
        insert.bind(4, job.record.type)
        insert.bind(5, state.map { Int64($0.rawValue) })
        insert.bind(6, state == .completed ? job.record.result : nil)
        insert.bind(7, state == .completed ? nil : job.record.errors.last?.message)
        insert.bind(8, ColumnTexts.map(job.record.metadata))
        try insert.run()
        tally.returnsWaiting[queue, default: 0] += 1
    }
}
