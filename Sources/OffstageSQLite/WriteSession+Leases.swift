// Leases over time: renewed by list, taken back when they ran out, handed back when their worker never heard of them.
import OffstageCore

extension WriteSession {
    /// Extends the leases listed and hands back those that were granted and never received.
    func renew(_ request: RenewRequest) throws -> RenewReply {
        let now = now
        let deadline = monotonic + leaseMicroseconds
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
                reply.lost.append(token)
                tally.staleRefused += 1
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

    /// Set in a lease's flags when its job is asked to cancel.
    static let cancelFlag: Int64 = 2

    private func leases(of worker: WorkerID) throws -> [(seq: Int64, counter: UInt64)] {
        let find = statements.leases.ofWorker
        find.bind(1, Int64(bitPattern: worker.bits))
        var leases: [(Int64, UInt64)] = []
        while try find.step() { leases.append((find.int64(0), UInt64(bitPattern: find.int64(1)))) }
        return leases
    }

    /// Forgets a worker and hands back what it holds.
    func retire(_ worker: WorkerID) throws {
        let now = now
        for (seq, _) in try leases(of: worker) {
            if let job = try load(seq) { try handBack(job, isInterruption: true, at: now) }
        }
        let delete = try cached("DELETE FROM workers WHERE id = ?1")
        delete.bind(1, Int64(bitPattern: worker.bits))
        try delete.run()
    }

    /// Takes back leases that have run out; answers how many. Cheap when none can have: no lease is shorter than the
    /// lease time, so after one look the next is due when the earliest deadline seen, or a second, has passed.
    func rescueExpired(limit: Int, at now: Timestamp, monotonic: Int64) throws -> Int {
        guard monotonic >= nextLeaseScan else { return 0 }
        let find = statements.leases.expired
        find.bind(1, monotonic)
        find.bind(2, limit)
        // No lease of this run of the machine lies that far ahead: where the boot id cannot be read, it is an older
        // run's.
        find.bind(3, monotonic + 1000 * max(leaseMicroseconds, 20_000_000))
        var expired: [Int64] = []
        while try find.step() { expired.append(find.int64(0)) }
        for seq in expired {
            if let job = try load(seq) { try rescue(job, at: now) }
        }
        let first = statements.leases.firstDeadline
        let soonest = monotonic + min(leaseMicroseconds, 1_000_000)
        if try first.step() {
            nextLeaseScan = min(first.optionalInt64(0) ?? soonest, soonest)
            first.reset()
        }
        return expired.count
    }

    private func rescue(_ loaded: StoredJob, at now: Timestamp) throws {
        guard let lease = loaded.lease else { return }
        var job = loaded
        let started = job.record.isStarted
        job.clearLease()
        if started {
            job.record.crashes += 1
            job.record.interruptions += 1
            job.add(Failure(.crash, "worker \(lease.worker) died, or stopped renewing its lease"), at: now)
        }
        if job.record.cancelRequestedAt != nil {
            try end(&job, as: transition(.running, .stopped), at: now)
        } else if started, job.record.crashes >= 5 {
            try end(&job, as: transition(.running, .gaveUp), at: now)
        } else {
            job.record.state = transition(.running, .rescued)
        }
        try write(job, was: loaded)
    }
}
