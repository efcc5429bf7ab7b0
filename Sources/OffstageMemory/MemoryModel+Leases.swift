// What happens to leases while jobs run: they are renewed by list, given back, or run out. When a lease is taken back,
// the job returns to its old place, or is cancelled if it was asked to cancel meanwhile.
import OffstageCore

extension MemoryModel {
    /// Returns the job whose current lease the token proves. A lease that has run out but was not taken back yet still
    /// counts.
    func current(_ token: Token) -> StoredJob? {
        guard let job = jobs[token.job], job.lease?.isProved(by: token) == true else { return nil }
        return job
    }

    /// Returns whether the job's last accepted end came under this token. Any other write under it is late and not
    /// stale: it was on its way when the attempt was settled.
    private func hasEnded(_ token: Token) -> Bool { jobs[token.job]?.settled?.isEnd(of: token) ?? false }

    /// Puts starts, progress and checkpoints on the record.
    mutating func note(_ notes: [JobNote]) -> [TokenAnswer] {
        if !notes.isEmpty { moveLeaseClock() }
        return notes.map { note in
            guard jobs[note.token.job] != nil else { return .gone }
            guard var job = current(note.token) else { return hasEnded(note.token) ? .stale : refuse(note.token) }
            switch note.kind {
            case .started(let ago): start(&job, at: now - .microseconds(ago))
            case .progress(let progress): job.record.progress = progress
            case .checkpoint(let bytes): job.record.checkpoint = bytes
            }
            save(job)
            return .accepted
        }
    }

    /// Extends the listed leases, and takes back those that the worker never received.
    mutating func renew(_ request: RenewRequest) -> RenewReply {
        moveLeaseClock()
        var reply = RenewReply()
        for token in request.tokens {
            guard var job = current(token) else {
                guard !hasEnded(token) else { continue }
                reply.lost.append(token)
                if jobs[token.job] != nil { _ = refuse(token) }
                continue
            }
            job.lease?.deadline = leaseNow + leaseTime
            save(job)
            if job.record.cancelRequestedAt != nil { reply.cancelRequested.append(token) }
        }
        let listed = Set(request.tokens.map(\.counter))
        for job in leases(of: request.worker) {
            guard let counter = job.lease?.counter, counter < request.grantedBefore, !listed.contains(counter)
            else { continue }
            takeBack(job, isInterruption: false)
            reply.handedBack += 1
        }
        return reply
    }

    /// Returns the jobs under a worker's leases, oldest lease first.
    func leases(of worker: WorkerID) -> [StoredJob] {
        leased.compactMap { jobs[$0] }.filter { $0.lease?.worker == worker }
            .sorted { ($0.lease?.counter ?? 0) < ($1.lease?.counter ?? 0) }
    }

    /// Takes the lease from a worker that gave the job up.
    mutating func takeBack(_ job: StoredJob, isInterruption: Bool) {
        var job = job
        let turn = decide { try job.handBack(isInterruption: isInterruption, options, at: now) }
        save(job, after: turn)
    }

    /// Takes back leases that have run out, the longest expired first. Returns how many.
    mutating func rescue(limit: Int) -> Int {
        let leaseNow = leaseNow
        let over = leased.compactMap { jobs[$0] }.filter { ($0.lease?.deadline ?? .max) <= leaseNow }
            .sorted { ($0.lease?.deadline ?? 0, $0.seq) < ($1.lease?.deadline ?? 0, $1.seq) }.prefix(limit)
        for job in over { rescue(job) }
        return over.count
    }

    private mutating func rescue(_ job: StoredJob) {
        guard let lease = job.lease else { return }
        var job = job
        let wasInUse = leaseClock?.wasInUse(sinceRenewalOf: lease.deadline) ?? true
        let turn = decide { try job.rescue(storeWasInUse: wasInUse, options, at: now) }
        save(job, after: turn)
    }

    /// Withdraws the crash that a worker was charged with when its lease of a job ran out, because the worker is alive.
    private mutating func acquit(_ worker: WorkerID, of id: JobID) {
        guard var job = jobs[id], job.acquit(worker) else { return }
        save(job)
    }

    /// Counts a write that came too late, and notes that its worker is alive.
    mutating func refuse(_ token: Token, acquits: Bool = true) -> TokenAnswer {
        staleRefused += 1
        if acquits { acquit(token.worker, of: token.job) }
        return .stale
    }
}
