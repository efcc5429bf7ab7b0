// Manual changes: cancel, retry, remove, reschedule; one job at a time, by id or along a listing.
import OffstageCore

extension WriteSession {
    /// Changes the jobs named, or a chunk of those that match a filter.
    func change(_ request: ChangeRequest, atMost limit: Int = Limits.batch) throws -> ChangeReply {
        let now = now
        var reply = ChangeReply()
        switch request.target {
        case .ids(let ids):
            for id in ids {
                guard let job = try load(id) else {
                    reply.answers.append(.notFound)
                    continue
                }
                reply.answers.append(try change(job, request.action, dryRun: request.dryRun, at: now))
            }
        case .filter(let filter, let cursor):
            try changeAlong(filter, after: cursor, request, &reply, atMost: limit, at: now)
        }
        return reply
    }

    private func changeAlong(
        _ filter: JobFilter, after cursor: String?, _ request: ChangeRequest, _ reply: inout ChangeReply,
        atMost limit: Int, at now: Timestamp
    ) throws {
        // The whole page is collected first: changing jobs moves them in the indexes that a listing follows.
        let listing = Listing(connection: connection)
        let page = try listing.sequences(filter, after: cursor)
        for (index, seq) in page.sequences.enumerated() {
            // Ending one job may have ended or freed another on this page, so each is loaded again.
            guard let job = try load(seq), filter.matches(job.record) else { continue }
            switch try change(job, request.action, dryRun: request.dryRun, at: now) {
            case .refused, .notFound: reply.refused += 1
            case .done, .removed, .asked: reply.changed += 1
            }
            if reply.changed == limit, index + 1 < page.sequences.count {
                reply.next = page.cursors[index]
                return
            }
        }
        reply.next = page.next
    }

    private func change(
        _ job: JobRow, _ action: ChangeAction, dryRun: Bool, at now: Timestamp
    ) throws -> ChangeAnswer {
        if let refusal = action.refusal(in: job.record.state) { return .refused(refusal) }
        return switch action {
        case .cancel: try cancel(job, dryRun, at: now)
        case .retry: try retry(job, dryRun, at: now)
        case .remove: try remove(job, dryRun, at: now)
        case .reschedule(let when): try reschedule(job, to: when, dryRun, at: now)
        }
    }

    private func cancel(_ loaded: JobRow, _ dryRun: Bool, at now: Timestamp) throws -> ChangeAnswer {
        let isAsked = loaded.record.state == .running
        if !dryRun, loaded.record.cancelRequestedAt == nil {
            var row = loaded
            let turn = try row.job.cancel(options, at: now)
            if isAsked { row.leaseFlags |= 1 | Self.cancelFlag }
            try write(row, was: loaded, after: turn, at: now)
        }
        return isAsked ? .asked : .done(.cancelled)
    }

    private func retry(_ loaded: JobRow, _ dryRun: Bool, at now: Timestamp) throws -> ChangeAnswer {
        if let rule = loaded.unique {
            var holder = try unexpiredHolder(type: loaded.record.type, key: rule.key, except: loaded.seq, at: now)
            if let known = holder, known.isOver(at: now) { holder = nil }
            if let holder, holder.id != loaded.record.id {
                return .refused(.keyHeld(by: holder.id))
            }
            if holder == nil, !dryRun {
                try acquire(rule, type: loaded.record.type, seq: loaded.seq, id: loaded.record.id, at: now)
            }
        }
        guard !dryRun else { return .done(.available) }
        var row = loaded
        try row.job.retry(at: now)
        try write(row, was: loaded)
        return .done(.available)
    }

    private func remove(_ job: JobRow, _ dryRun: Bool, at now: Timestamp) throws -> ChangeAnswer {
        guard !dryRun else { return .removed }
        try releaseAtEnd(job, at: now, removed: true)
        if !job.record.state.isEnded { try announce(job, state: nil, at: now) }
        try bury(
            job.record.id, digest: job.callerChoseID ? job.digest : nil,
            state: job.record.state.isEnded ? job.record.state : .cancelled,
            finishedAt: job.record.finishedAt ?? now, at: now)
        if let level = job.lineLevel {
            touch(job.lane, level)
            let delete = statements.line.delete
            delete.bind(1, job.lane)
            delete.bind(2, level)
            delete.bind(3, job.record.runAt)
            delete.bind(4, job.seq)
            try delete.run()
        }
        statements.jobs.delete.bind(1, job.seq)
        try statements.jobs.delete.run()
        tally.move(job.lane, from: job.record.state, to: nil)
        return .removed
    }

    private func reschedule(
        _ loaded: JobRow, to when: When, _ dryRun: Bool, at now: Timestamp
    ) throws -> ChangeAnswer {
        var row = loaded
        try row.job.reschedule(to: when, at: now)
        if !dryRun { try write(row, was: loaded) }
        return .done(row.record.state)
    }
}
