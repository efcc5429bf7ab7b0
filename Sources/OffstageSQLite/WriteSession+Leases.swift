// Leases over time: renewed by list, taken back when they expire, handed back when their worker never received them.
import OffstageCore

extension WriteSession {
    /// Extends the leases listed, and hands back those that were granted and never received.
    func renew(_ request: RenewRequest) throws -> RenewReply {
        let now = now
        try moveLeaseClock()
        let deadline = try leaseNow() + leaseMicroseconds
        var reply = RenewReply()
        var held: Set<Int64> = []
        for token in request.tokens {
            let extend = statements.leases.extend
            extend.bind(1, token.locator)
            extend.bind(2, deadline)
            extend.bind(3, Int64(bitPattern: token.worker.bits))
            extend.bind(4, Int64(bitPattern: token.counter))
            try extend.run()
            guard connection.changes == 1 else {
                let job = try load(token.job)
                // A renewal that was under way when its attempt was settled is late, and neither lost nor stale.
                if job?.settled?.isEnd(of: token) == true { continue }
                reply.lost.append(token)
                if let job { try refuse(token, holding: job, at: now) }
                continue
            }
            held.insert(token.locator)
            if try isAskedToCancel(token.locator) { reply.cancelRequested.append(token) }
        }
        for (seq, counter) in try leases(of: request.worker)
        where counter < request.grantedBefore && !held.contains(seq) {
            guard let job = try load(seq) else { continue }
            try handBack(job, isInterruption: false, at: now)
            reply.handedBack += 1
        }
        return reply
    }

    private func isAskedToCancel(_ seq: Int64) throws -> Bool {
        let find = statements.leases.find
        find.bind(1, seq)
        guard try find.step() else { return false }
        let flags = find.int64(5)
        find.reset()
        return flags & Self.cancelFlag != 0
    }

    /// Set in a lease's flags when its job was asked to cancel.
    static let cancelFlag: Int64 = 2

    private func leases(of worker: WorkerID) throws -> [(seq: Int64, counter: UInt64)] {
        let find = statements.leases.ofWorker
        find.bind(1, Int64(bitPattern: worker.bits))
        var leases: [(Int64, UInt64)] = []
        while try find.step() { leases.append((find.int64(0), UInt64(bitPattern: find.int64(1)))) }
        return leases
    }

    /// Forgets a worker and takes back what it holds, the attempts reported as crashed first. Returns an answer for
    /// each of those.
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) throws -> [TokenAnswer] {
        let now = now
        try moveLeaseClock()
        let answers = try crashed.map { try take($0, from: worker, at: now) }
        for (seq, _) in try leases(of: worker) {
            if let job = try load(seq) { try handBack(job, isInterruption: true, at: now) }
        }
        try forgetTurn(of: worker)
        let delete = try cached("DELETE FROM workers WHERE id = ?1")
        delete.bind(1, Int64(bitPattern: worker.bits))
        try delete.run()
        return answers
    }

    private func take(_ attempt: CrashedAttempt, from worker: WorkerID, at now: Timestamp) throws -> TokenAnswer {
        let token = attempt.token
        var found = try load(token.locator)
        if found?.record.id != token.job { found = try load(token.job) }
        guard let loaded = found else { return .gone }
        let report = SettleMark(crashed: token)
        guard let lease = loaded.lease, lease.worker == worker, lease.isProved(by: token) else {
            if loaded.settled == report { return .accepted }
            // The report comes from the process that saw the worker die, so it is no sign that the worker is alive.
            tally.staleRefused += 1
            return .stale
        }
        var row = loaded
        row.job.settled = report
        try start(&row, at: now - .microseconds(attempt.startedAgoMicroseconds), now: now)
        let turn = try row.job.crash(attempt.autopsy, suspectFrom: 1, options, at: now)
        try write(row, was: loaded, after: turn, at: now)
        return .accepted
    }

    /// Takes back leases that have expired and returns how many. Cheap when none can have expired: no lease is shorter
    /// than the lease time, so after one scan the next is due when the earliest deadline seen, or a second, has passed.
    func rescueExpired(limit: Int, at now: Timestamp) throws -> Int {
        let leaseNow = try leaseNow()
        guard leaseNow >= nextLeaseScan else { return 0 }
        let find = statements.leases.expired
        find.bind(1, leaseNow)
        find.bind(2, limit)
        var expired: [Int64] = []
        while try find.step() { expired.append(find.int64(0)) }
        for seq in expired {
            if let job = try load(seq) { try rescue(job, at: now) }
        }
        let first = statements.leases.firstDeadline
        let soonest = leaseNow + min(leaseMicroseconds, 1_000_000)
        if try first.step() {
            nextLeaseScan = min(first.optionalInt64(0) ?? soonest, soonest)
            first.reset()
        }
        return expired.count
    }

    private func rescue(_ loaded: JobRow, at now: Timestamp) throws {
        guard let lease = loaded.lease else { return }
        var row = loaded
        let wasInUse = try readLeaseClock().wasInUse(sinceRenewalOf: lease.deadline)
        let turn = try row.job.rescue(storeWasInUse: wasInUse, options, at: now)
        try write(row, was: loaded, after: turn, at: now)
    }

    /// Counts a write that came too late. It shows that the worker is alive, so the crash that was counted when its
    /// lease of this job expired is withdrawn.
    func refuse(_ token: Token, holding loaded: JobRow, at now: Timestamp) throws {
        tally.staleRefused += 1
        var row = loaded
        if row.job.acquit(token.worker) { try write(row, was: loaded) }
    }

    /// Records that a job has started, unless that is already recorded.
    func start(_ row: inout JobRow, at moment: Timestamp, now: Timestamp) throws {
        if row.job.start(at: moment) { try releaseAtStart(row, at: now) }
    }
}
