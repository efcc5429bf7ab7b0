// Settle: how attempts ended. The plain completion, with which nearly every job ends, removes the lease and rewrites
// the row in one update. For every other end the job is loaded, changed and written back. The lease's row alone fences
// both: without a matching token nothing is written.
import OffstageCore

extension WriteSession {
    /// Records ends and returns an answer for each.
    func settle(_ settlements: [Settlement]) throws -> SettleReply {
        let now = now
        if !settlements.isEmpty { try moveLeaseClock() }
        var reply = SettleReply()
        reply.answers.reserveCapacity(settlements.count)
        for settlement in settlements {
            reply.answers.append(try settle(settlement, &reply.refusedFollowUps, at: now))
        }
        return reply
    }

    private func settle(
        _ settlement: Settlement, _ refused: inout [RefusedFollowUp], at now: Timestamp
    ) throws -> TokenAnswer {
        let token = settlement.token
        let find = statements.leases.find
        find.bind(1, token.locator)
        guard try find.step() else { return try answerWithoutLease(settlement, at: now) }
        let isCurrent =
            find.int64(0) == Int64(bitPattern: token.worker.bits) && find.int64(1) == Int64(bitPattern: token.counter)
            && find.int(3) == token.attempt
        let lane = find.int64(2)
        let attempt = find.int(3)
        let startedAt = find.optionalTimestamp(4)
        let flags = find.int64(5)
        find.reset()
        guard isCurrent else { return try answerWithoutLease(settlement, at: now) }
        if case .completed(let result, let truncated) = settlement.kind, flags == 0, settlement.followUps.isEmpty {
            let started = startedAt ?? settlement.ranMicroseconds.map { now - .microseconds($0) }
            let isOurs = try complete(
                token, lane: lane, attempt: attempt, startedAt: started ?? now, result: result, truncated: truncated,
                at: now)
            guard isOurs else { return try answerWithoutLease(settlement, at: now) }
            tally.ended(lane, as: .completed, ran: settlement.ranMicroseconds ?? 0)
            return .accepted
        }
        guard let job = try load(token.locator), job.record.id == token.job else {
            return try answerWithoutLease(settlement, at: now)
        }
        try apply(settlement, to: job, at: now)
        if settlement.kind.isCompletion { refused += try follow(settlement, job.seq, at: now) }
        return .accepted
    }

    private func complete(
        _ token: Token, lane: Int64, attempt: Int, startedAt: Timestamp, result: [UInt8]?, truncated: Bool,
        at now: Timestamp
    ) throws -> Bool {
        let update = statements.jobs.complete
        update.bind(1, token.locator)
        update.bind(2, attempt)
        update.bind(3, startedAt)
        update.bind(4, now)
        update.bind(5, now.microseconds &+ (try self.lane(lane)).completedAge)
        update.bind(6, result)
        update.bind(7, truncated ? Int64(1) : nil)
        update.bind(8, Int64(bitPattern: token.worker.bits))
        update.bind(9, Int64(bitPattern: token.counter))
        update.bind(10, token.job)
        try update.run()
        guard connection.changes == 1 else { return false }
        statements.leases.delete.bind(1, token.locator)
        try statements.leases.delete.run()
        tally.move(lane, from: .running, to: .completed)
        return true
    }

    /// Returns the answer for a token that is not the current lease: sent again, stale, or of a job that does not
    /// exist.
    private func answerWithoutLease(_ settlement: Settlement, at now: Timestamp) throws -> TokenAnswer {
        let token = settlement.token
        var job = try load(token.locator)
        if job?.record.id != token.job { job = try load(token.job) }
        guard let job else { return .gone }
        if job.settled == SettleMark(settlement) { return .accepted }
        try refuse(token, holding: job, at: now)
        return .stale
    }

    // MARK: Any other end

    private func apply(_ settlement: Settlement, to loaded: JobRow, at now: Timestamp) throws {
        var row = loaded
        if let ran = settlement.ranMicroseconds { try start(&row, at: now - .microseconds(ran), now: now) }
        let turn = try row.job.settle(settlement, options, at: now)
        try write(row, was: loaded, after: turn, at: now)
    }

    /// Stores the follow-ups of a completed job and returns those that were refused; they are noted on its record.
    private func follow(_ settlement: Settlement, _ parent: Int64, at now: Timestamp) throws -> [RefusedFollowUp] {
        var refused: [RefusedFollowUp] = []
        for next in settlement.followUps {
            let answer = try enqueue(next, at: now)
            if let one = RefusedFollowUp(next.id, of: settlement.token.job, answer) { refused.append(one) }
        }
        guard !refused.isEmpty, let loaded = try load(parent) else { return refused }
        var row = loaded
        for one in refused { row.job.add(one.failure, at: now) }
        try write(row, was: loaded)
        return refused
    }

    // MARK: Notes

    /// Records starts, progress and checkpoints, and returns an answer for each.
    func note(_ notes: [JobNote]) throws -> [TokenAnswer] {
        let now = now
        if !notes.isEmpty { try moveLeaseClock() }
        return try notes.map { note in
            var found = try load(note.token.locator)
            if found?.record.id != note.token.job { found = try load(note.token.job) }
            guard let loaded = found else { return .gone }
            guard let lease = loaded.lease, lease.worker == note.token.worker, lease.counter == note.token.counter
            else {
                // A note that was under way when its attempt was settled is late, not stale.
                if loaded.settled?.isEnd(of: note.token) != true { try refuse(note.token, holding: loaded, at: now) }
                return .stale
            }
            try write(note.kind, of: loaded, at: now)
            return .accepted
        }
    }

    private func write(_ note: JobNote.Kind, of loaded: JobRow, at now: Timestamp) throws {
        switch note {
        case .started(let ago):
            guard loaded.lease?.startedAt == nil else { return }
            var row = loaded
            try start(&row, at: now - .microseconds(ago), now: now)
            try write(row, was: loaded)
        case .progress(let progress):
            statements.jobs.noteProgress.bind(1, loaded.seq)
            statements.jobs.noteProgress.bind(2, progress.fraction)
            statements.jobs.noteProgress.bind(3, progress.note)
            try statements.jobs.noteProgress.run()
        case .checkpoint(let bytes):
            statements.jobs.noteCheckpoint.bind(1, loaded.seq)
            statements.jobs.noteCheckpoint.bind(2, bytes)
            try statements.jobs.noteCheckpoint.run()
        }
    }
}
