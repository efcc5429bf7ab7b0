// Reserve: the front of the line moves to the leases, and the wide row is only read. The line is kept by lane and
// priority, so the jobs a worker may take are a few sorted runs; the front of each is read, the runs are merged, and
// what was taken is cut off each run with one range delete.
import OffstageCore

extension WriteSession {
    /// Takes back what ran out, then gives the first jobs of a selection to a worker.
    func reserve(_ request: ReserveRequest) throws -> Reservation {
        let grant = try give(request)
        for seq in grant.startedWithRiders {
            if let job = try load(seq) { try releaseAtStart(job, at: grant.now) }
        }
        return grant.reservation
    }

    private func give(_ request: ReserveRequest) throws -> Grant {
        let now = now
        let monotonic = monotonic
        _ = try rescueExpired(limit: Limits.batch, at: now, monotonic: monotonic)
        var grant = Grant(request: request, now: now, deadline: monotonic + leaseMicroseconds)
        guard request.limit > 0 else { return grant }
        var groups = try lanes(for: request.selection)
        while let suspect = try firstSuspect(groups, at: now) {
            guard request.holding == 0, request.suspects != .never, try hasTurn(request, at: now) else {
                grant.reservation.suspectWaiting = true
                grant.reservation.hasTurn = try takeTurn(request, at: now)
                break
            }
            if try give(suspect.front, suspect.lane, &grant, suspect: suspect.priority) == .given { return grant }
            if let job = try load(suspect.front.seq) { try expire(job, inLine: false, at: now) }
            grant.expired += 1
            guard grant.isWanting else { break }
            groups = try lanes(for: request.selection)
        }
        // A job that is met after its expiry may free another that comes before all that is left: then begin again.
        while request.suspects != .only, try !takeAll(groups, &grant) { groups = try lanes(for: request.selection) }
        if grant.reservation.jobs.isEmpty {
            let from = request.suspects == .only ? 10 : 0
            grant.reservation.nextDue = grant.expired < Limits.batch ? try nextDue(groups, from, at: now) : .zero
        }
        return grant
    }

    /// What is being given to one request.
    private struct Grant {
        let request: ReserveRequest
        let now: Timestamp
        let deadline: Int64
        var reservation = Reservation()
        /// Jobs whose start may concern others: whom it frees is seen to when everything has been given.
        var startedWithRiders: [Int64] = []
        /// Jobs that were met after their expiry; after a batch of them the rest is left to the next call, so that no
        /// call is long.
        var expired = 0
        var left: Int { request.limit - reservation.jobs.count }
        var isWanting: Bool { left > 0 && expired < Limits.batch }

        init(request: ReserveRequest, now: Timestamp, deadline: Int64) {
            self.request = request
            self.now = now
            self.deadline = deadline
            reservation.jobs.reserveCapacity(min(request.limit, Limits.batch))
        }
    }

    /// A place in line.
    private struct Front {
        var runAt: Int64
        var seq: Int64
        static func precedes(_ a: Front, _ b: Front) -> Bool { a.runAt != b.runAt ? a.runAt < b.runAt : a.seq < b.seq }
    }

    private func nextPriority(_ lanes: [Int64], from priority: Int) throws -> Int? {
        var next: Int?
        for lane in lanes {
            let find = statements.line.priority
            find.bind(1, lane)
            find.bind(2, priority)
            if try find.step() {
                next = min(next ?? .max, find.int(0))
                find.reset()
            }
        }
        return next.flatMap { $0 < 10 ? $0 : nil }
    }

    /// Takes in order until the wish is met; false if a job had expired and it must be looked again.
    private func takeAll(_ groups: [[Int64]], _ grant: inout Grant) throws -> Bool {
        for lanes in groups where grant.isWanting {
            var priority = try nextPriority(lanes, from: 0)
            while let current = priority, grant.isWanting {
                guard try take(lanes, current, &grant) else { return false }
                priority = try nextPriority(lanes, from: current + 1)
            }
        }
        return true
    }

    // MARK: Taking from one priority

    /// A chunk of each lane's front is read and merged; beyond the end of a full chunk nothing is known, so only what
    /// comes before the first such end is taken, and then it is looked again.
    private func take(_ lanes: [Int64], _ priority: Int, _ grant: inout Grant) throws -> Bool {
        while grant.isWanting {
            let chunk = lanes.count == 1 ? grant.left : grant.left / lanes.count + 16
            var merged: [(front: Front, lane: Int64)] = []
            var known: Front?
            for lane in lanes {
                let fronts = try fronts(lane, priority, upTo: chunk, grant)
                for front in fronts { merged.append((front, lane)) }
                guard fronts.count == chunk, let end = fronts.last else { continue }
                if let first = known, Front.precedes(first, end) { continue }
                known = end
            }
            guard !merged.isEmpty else { return true }
            if lanes.count > 1 {
                if let known { merged.removeAll { Front.precedes(known, $0.front) } }
                merged.sort { Front.precedes($0.front, $1.front) }
            }
            guard try take(merged, priority, &grant) else { return false }
            if known == nil { return true }
        }
        return true
    }

    private func take(_ merged: [(front: Front, lane: Int64)], _ priority: Int, _ grant: inout Grant) throws -> Bool {
        var last: [Int64: Front] = [:]
        var expired: [Int64] = []
        var mustLookAgain = false
        for item in merged where grant.isWanting && !mustLookAgain {
            last[item.lane] = item.front
            switch try give(item.front, item.lane, &grant) {
            case .given: continue
            case .expired(let mayFreeAnother):
                expired.append(item.front.seq)
                grant.expired += 1
                mustLookAgain = mayFreeAnother
            }
        }
        for (lane, front) in last { try cut(lane, priority, upTo: front) }
        for seq in expired {
            if let job = try load(seq) { try expire(job, inLine: false, at: grant.now) }
        }
        return !mustLookAgain
    }

    private func fronts(_ lane: Int64, _ priority: Int, upTo limit: Int, _ grant: Grant) throws -> [Front] {
        let find = statements.line.front
        find.bind(1, lane)
        find.bind(2, priority)
        find.bind(3, grant.now)
        find.bind(4, limit)
        var fronts: [Front] = []
        fronts.reserveCapacity(limit)
        while try find.step() { fronts.append(Front(runAt: find.int64(0), seq: find.int64(1))) }
        return fronts
    }

    private func cut(_ lane: Int64, _ priority: Int, upTo front: Front) throws {
        let cut = statements.line.deleteUpTo
        cut.bind(1, lane)
        cut.bind(2, priority)
        cut.bind(3, front.runAt)
        cut.bind(4, front.seq)
        try cut.run()
    }

    // MARK: Suspects

    private func firstSuspect(_ groups: [[Int64]], at now: Timestamp) throws -> (
        front: Front, lane: Int64, priority: Int
    )? {
        for lanes in groups {
            var best: (front: Front, lane: Int64, priority: Int)?
            for lane in lanes {
                let find = statements.line.suspects
                find.bind(1, lane)
                find.bind(2, now)
                guard try find.step() else { continue }
                let priority = find.int(0)
                let front = Front(runAt: find.int64(1), seq: find.int64(2))
                find.reset()
                guard let known = best else {
                    best = (front, lane, priority)
                    continue
                }
                if priority < known.priority || (priority == known.priority && Front.precedes(front, known.front)) {
                    best = (front, lane, priority)
                }
            }
            if let best { return best }
        }
        return nil
    }

    // MARK: Giving

    private enum Given: Equatable {
        case given
        /// Not given: its expiry has passed. A unique one's end may put its successor in line.
        case expired(mayFreeAnother: Bool)
    }

    /// Gives the job at a place in line, unless it has expired. The caller takes its entry out of the line unless it is
    /// a suspect.
    private func give(_ front: Front, _ lane: Int64, _ grant: inout Grant, suspect: Int? = nil) throws -> Given {
        let row = statements.jobs.reserve
        row.bind(1, front.seq)
        guard try row.step() else { throw StoreError.unusable("the file is damaged: job \(front.seq) has no row") }
        if let suspect {
            let delete = statements.line.delete
            delete.bind(1, lane)
            delete.bind(2, suspect)
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
        let name = try self.lane(lane)
        var job = ReservedJob(
            token: token, type: name.type, queue: name.queue, arguments: row.bytes(4), priority: row.int(15),
            maxAttempts: row.int(3), enqueuedAt: Timestamp(microseconds: row.int64(5)),
            runAt: Timestamp(microseconds: front.runAt))
        job.crashes = row.int(6)
        job.isSuspect = suspect != nil
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
        let isStarted = index < grant.request.startNow
        let flags = (hasRiders ? 1 : 0) | (suspect == nil ? 0 : Self.suspectFlag)
        try lease(job, lane: lane, isStarted: isStarted, flags: flags, grant)
        if suspect != nil { try noteSuspect(front.seq, with: grant.request.worker) }
        tally.move(lane, from: state, to: transition(state, .reserved))
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

    /// The time until the next job of these lanes is due, of those from a priority on.
    private func nextDue(_ groups: [[Int64]], _ first: Int, at now: Timestamp) throws -> Duration? {
        var next: Int64?
        for lane in groups.joined() {
            var priority = first
            while true {
                let find = statements.line.priority
                find.bind(1, lane)
                find.bind(2, priority)
                guard try find.step() else { break }
                priority = find.int(0)
                find.reset()
                let future = statements.line.future
                future.bind(1, lane)
                future.bind(2, priority)
                future.bind(3, now)
                if try future.step() {
                    next = min(next ?? .max, future.int64(0))
                    future.reset()
                }
                priority += 1
            }
        }
        return next.map { .microseconds($0 - now.microseconds) }
    }
}
