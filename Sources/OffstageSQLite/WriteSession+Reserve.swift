// Reserve: the front of a line moves to the leases, and the wide row is only read. Lines are kept by lane and level, so
// the jobs that a worker may take are sorted runs. The heads show which of them come first. The fronts of those are
// read and merged, and what was taken is removed from each run with one range delete.
import OffstageCore

extension WriteSession {
    /// Takes back expired leases, then reserves the first jobs of a selection for a worker.
    func reserve(_ request: ReserveRequest) throws -> Reservation {
        let grant = try give(request)
        for seq in grant.startedWithRiders {
            if let job = try load(seq) { try releaseAtStart(job, at: grant.now) }
        }
        return grant.reservation
    }

    private func give(_ request: ReserveRequest) throws -> Grant {
        let now = now
        try moveLeaseClock()
        _ = try rescueExpired(limit: Limits.batch, at: now)
        var grant = Grant(request: request, now: now, deadline: try leaseNow() + leaseMicroseconds)
        guard request.limit > 0 else { return grant }
        let groups = try groups(of: request.selection)
        var levels = try groups.map(self.levels(of:))
        while let suspect = try firstSuspect(groups, levels, at: now) {
            guard request.holding == 0, request.suspects != .never, try hasTurn(request, at: now) else {
                grant.reservation.suspectWaiting = true
                grant.reservation.hasTurn = try takeTurn(request, at: now)
                break
            }
            if try give(suspect.front, suspect.line, &grant) == .given { return grant }
            if let job = try load(suspect.front.seq) { try expire(job, inLine: false, at: now) }
            grant.expired += 1
            levels = try groups.map(self.levels(of:))
            guard grant.isWanting else { break }
        }
        // A job that turns out to have expired may free another that precedes all remaining ones; then start again.
        while request.suspects != .only, try !takeAll(groups, levels, &grant) {
            levels = try groups.map(self.levels(of:))
        }
        if grant.reservation.jobs.isEmpty {
            grant.reservation.nextDue = grant.expired < Limits.batch ? try nextDue(groups, grant) : .zero
        }
        return grant
    }

    /// The state of one request while its jobs are reserved.
    private struct Grant {
        let request: ReserveRequest
        let now: Timestamp
        let deadline: Int64
        var reservation = Reservation()
        /// Jobs whose start may free others. Those are freed after everything has been reserved.
        var startedWithRiders: [Int64] = []
        /// How many jobs turned out to have expired. After a batch of them the rest is left to the next call, so that
        /// no call takes long.
        var expired = 0
        /// The size of the reserved jobs in bytes, and whether the next one would have exceeded the limit.
        var bytes = 0
        var isFull = false
        var left: Int { request.limit - reservation.jobs.count }
        var isWanting: Bool { left > 0 && expired < Limits.batch && !isFull }

        init(request: ReserveRequest, now: Timestamp, deadline: Int64) {
            self.request = request
            self.now = now
            self.deadline = deadline
            reservation.jobs.reserveCapacity(min(request.limit, Limits.batch))
        }

        /// Whether there is room for a job. The first one is reserved whatever its size.
        mutating func hasRoom(for job: ReservedJob) -> Bool {
            bytes += job.size
            isFull = bytes > Limits.replyBytes && !reservation.jobs.isEmpty
            return !isFull
        }
    }

    /// Takes jobs in order until the request is satisfied. Returns false if a job had expired and the lines must be
    /// read again.
    private func takeAll(_ groups: [LineGroup], _ levels: [UInt64], _ grant: inout Grant) throws -> Bool {
        for (group, levels) in zip(groups, levels) where grant.isWanting {
            for priority in 0..<10 where grant.isWanting {
                let own = [priority, priority + Line.timed].filter { levels & (1 << UInt64($0)) != 0 }
                guard try own.isEmpty || take(group, own, &grant) else { return false }
            }
        }
        return true
    }

    // MARK: Taking from one priority

    /// Reads a chunk of each line's front, merges the chunks and takes the jobs in order. Nothing is known beyond the
    /// end of a full chunk. So lines whose heads come after the first such end are not read, only the jobs up to that
    /// end are taken, and then the lines are read again.
    private func take(_ group: LineGroup, _ levels: [Int], _ grant: inout Grant) throws -> Bool {
        var growth = 1
        while grant.isWanting {
            let heads = try heads(of: group, at: levels, now: grant.now, limit: grant.left + 1)
            let share = grant.left / max(1, heads.count) + 16
            let chunk = heads.count == 1 ? grant.left : min(grant.left, share * growth)
            growth = min(64, growth * 2)
            var merged: [(front: Front, line: Line)] = []
            // More lines may follow the last head.
            var known = heads.count > grant.left ? heads.last?.front : nil
            for head in heads.prefix(grant.left) {
                if let known, known < head.front { break }
                let fronts = try fronts(head.line, upTo: chunk, grant)
                for front in fronts { merged.append((front, head.line)) }
                guard fronts.count == chunk, let end = fronts.last else { continue }
                known = min(known ?? end, end)
            }
            guard !merged.isEmpty else { return true }
            if heads.count > 1 {
                if let known { merged.removeAll { known < $0.front } }
                merged.sort { $0.front < $1.front }
            }
            guard try take(merged, &grant) else { return false }
            if known == nil { return true }
        }
        return true
    }

    private func take(_ merged: [(front: Front, line: Line)], _ grant: inout Grant) throws -> Bool {
        var last: [Line: Front] = [:]
        var expired: [Int64] = []
        var mustLookAgain = false
        for item in merged where grant.isWanting && !mustLookAgain {
            switch try give(item.front, item.line, &grant) {
            case .given: break
            case .full: continue
            case .expired(let mayFreeAnother):
                expired.append(item.front.seq)
                grant.expired += 1
                mustLookAgain = mayFreeAnother
            }
            last[item.line] = item.front
        }
        for (line, front) in last { try cut(line, upTo: front) }
        for seq in expired {
            if let job = try load(seq) { try expire(job, inLine: false, at: grant.now) }
        }
        return !mustLookAgain
    }

    private func fronts(_ line: Line, upTo limit: Int, _ grant: Grant) throws -> [Front] {
        let find = statements.line.front
        find.bind(1, line.lane)
        find.bind(2, line.level)
        find.bind(3, Line.isTimed(line.level) ? grant.now.microseconds : .max)
        find.bind(4, limit)
        var fronts: [Front] = []
        fronts.reserveCapacity(limit)
        while try find.step() { fronts.append(Front(runAt: find.int64(0), seq: find.int64(1))) }
        return fronts
    }

    private func cut(_ line: Line, upTo front: Front) throws {
        touch(line.lane, line.level)
        let cut = statements.line.deleteUpTo
        cut.bind(1, line.lane)
        cut.bind(2, line.level)
        cut.bind(3, front.runAt)
        cut.bind(4, front.seq)
        try cut.run()
    }

    // MARK: Suspects

    private func firstSuspect(_ groups: [LineGroup], _ levels: [UInt64], at now: Timestamp) throws -> Head? {
        for (group, levels) in zip(groups, levels) {
            for priority in Line.suspect..<Line.timed {
                let own = [priority, priority + Line.timed].filter { levels & (1 << UInt64($0)) != 0 }
                guard !own.isEmpty else { continue }
                if let head = try heads(of: group, at: own, now: now, limit: 1).first { return head }
            }
        }
        return nil
    }

    // MARK: Giving

    private enum Given: Equatable {
        case given
        /// Not given: the reservation would become too large.
        case full
        /// Not given: the job has expired. The end of a unique job may make its successor available.
        case expired(mayFreeAnother: Bool)
    }

    /// Gives the job at a position in a line to the worker, unless it has expired. The caller removes its entry from
    /// the line unless it is a suspect.
    private func give(_ front: Front, _ line: Line, _ grant: inout Grant) throws -> Given {
        let isSuspect = line.level % Line.timed >= Line.suspect
        let row = statements.jobs.reserve
        row.bind(1, front.seq)
        guard try row.step() else { throw Statement.damaged("job \(front.seq) has no row", on: connection.handle) }
        if isSuspect {
            touch(line.lane, line.level)
            let delete = statements.line.delete
            delete.bind(1, line.lane)
            delete.bind(2, line.level)
            delete.bind(3, front.runAt)
            delete.bind(4, front.seq)
            try delete.run()
        }
        if !row.isNull(9), row.int64(9) <= grant.now.microseconds {
            defer { row.reset() }
            return .expired(mayFreeAnother: row.int(16) != 0)
        }
        let index = grant.reservation.jobs.count
        let token = Token(
            job: row.id(0), attempt: row.int(2) + 1, worker: grant.request.worker,
            counter: grant.request.firstCounter + UInt64(index), locator: front.seq)
        let name = try lane(line.lane)
        var job = ReservedJob(
            token: token, type: name.type, queue: name.queue, arguments: row.bytes(4), priority: row.int(15),
            maxAttempts: row.int(3), enqueuedAt: Timestamp(microseconds: row.int64(5)),
            runAt: Timestamp(microseconds: front.runAt))
        job.crashes = row.int(6)
        job.isSuspect = isSuspect
        job.interruptions = row.int(7)
        job.timeoutMicroseconds = row.optionalInt64(8)
        job.expiresAt = row.optionalTimestamp(9)
        job.parent = row.optionalID(10)
        if !row.isNull(12) { job.tags = ColumnTexts.list(row.text(12)) }
        if !row.isNull(13) { job.metadata = ColumnTexts.map(row.text(13)) }
        job.checkpoint = row.optionalBytes(14)
        let state = JobState(rawValue: row.int(1)) ?? .available
        let hasRiders = row.int(11) != 0
        row.reset()
        guard grant.hasRoom(for: job) else { return .full }
        let isStarted = index < grant.request.startNow
        let flags = (hasRiders ? 1 : 0) | (isSuspect ? Self.suspectFlag : 0)
        try lease(job, lane: line.lane, isStarted: isStarted, flags: flags, grant)
        if isSuspect { try noteSuspect(front.seq, with: grant.request.worker) }
        try tally.move(line.lane, from: state, to: state.moved(by: .reserved))
        if state != .available {
            statements.jobs.makeAvailable.bind(1, front.seq)
            try statements.jobs.makeAvailable.run()
        }
        grant.reservation.jobs.append(job)
        if isStarted, hasRiders { grant.startedWithRiders.append(front.seq) }
        return .given
    }

    private func lease(
        _ job: ReservedJob, lane: Int64, isStarted: Bool, flags: Int64, _ grant: Grant
    ) throws {
        let insert = statements.leases.insert
        insert.bind(1, job.token.locator)
        insert.bind(2, Int64(bitPattern: job.token.worker.bits))
        insert.bind(3, Int64(bitPattern: job.token.counter))
        insert.bind(4, grant.deadline)
        insert.bind(5, lane)
        insert.bind(6, job.token.attempt)
        insert.bind(7, isStarted ? grant.now.microseconds : nil)
        insert.bind(8, flags)
        try insert.run()
    }

    /// Returns the time until the next job of these lines is due; nil if there is none.
    private func nextDue(_ groups: [LineGroup], _ grant: Grant) throws -> Duration? {
        var next: Int64?
        for group in groups {
            let levels = try levels(of: group)
            let first = grant.request.suspects == .only ? Line.timed + Line.suspect : Line.timed
            for level in first..<Line.levels where levels & (1 << UInt64(level)) != 0 {
                if let due = try nextDue(of: group, at: level, now: grant.now) { next = min(next ?? .max, due) }
            }
        }
        return next.map { .microseconds($0 - grant.now.microseconds) }
    }
}
