// Reserve: takes back leases that have run out, then gives out the heads of the lines. A suspect of a crash goes only
// to a worker that holds nothing else, and alone, so that a poison job harms no other job.
import OffstageCore

extension MemoryModel {
    /// Reserves the next jobs of a selection.
    mutating func reserve(_ request: ReserveRequest) -> Reservation {
        _ = rescue(limit: Limits.batch)
        var reservation = Reservation()
        // After a batch of expired jobs, the rest is left to the next call, so that no call takes long.
        var looks = Limits.batch
        let isDue = firstDue(of: request.selection, suspects: true) != nil
        if isDue, request.holding == 0, request.suspects != .never, hasTurn(request) {
            if let suspect = next(of: request.selection, suspects: true, looks: &looks) {
                reservation.jobs = [grant(suspect, index: 0, request)]
                turns[request.worker] = nil
            }
        } else if isDue {
            reservation.suspectWaiting = true
            reservation.hasTurn = takeTurn(request)
        }
        if reservation.jobs.isEmpty, request.suspects != .only {
            var bytes = 0
            while reservation.jobs.count < request.limit,
                let job = next(of: request.selection, suspects: false, looks: &looks)
            {
                bytes += ReservedJob(job.record, token: token(job, index: 0, request)).size
                if !reservation.jobs.isEmpty, bytes > Limits.replyBytes { break }
                reservation.jobs.append(grant(job, index: reservation.jobs.count, request))
            }
        }
        if reservation.jobs.isEmpty { reservation.nextDue = looks > 0 ? nextDue(of: request) : .zero }
        for reserved in reservation.jobs.prefix(request.startNow) {
            guard var job = jobs[reserved.id] else { continue }
            start(&job, at: now)
            save(job)
        }
        return reservation
    }

    /// Returns the next due job, and discards those before it whose expiry has passed.
    private mutating func next(of selection: WorkSelection, suspects: Bool, looks: inout Int) -> StoredJob? {
        while looks > 0, let place = firstDue(of: selection, suspects: suspects), let job = jobs[place.id] {
            guard let expires = job.record.expiresAt, expires <= now else { return job }
            expire(job)
            looks -= 1
        }
        return nil
    }

    /// Puts a job under a lease.
    private mutating func grant(_ job: StoredJob, index: Int, _ request: ReserveRequest) -> ReservedJob {
        var job = job
        let token = token(job, index: index, request)
        let lease = JobLease(
            worker: token.worker, counter: token.counter, attempt: token.attempt, deadline: leaseNow + leaseTime,
            isSuspects: job.record.isSuspect)
        decide { try job.reserve(under: lease) }
        save(job)
        return ReservedJob(job.record, token: token)
    }

    private func token(_ job: StoredJob, index: Int, _ request: ReserveRequest) -> Token {
        Token(
            job: job.record.id, attempt: job.failures + 1, worker: request.worker,
            counter: request.firstCounter + UInt64(index), locator: job.seq)
    }

    /// Marks a leased job as actually started, and gives up a key that is held only until then.
    mutating func start(_ job: inout StoredJob, at moment: Timestamp) {
        if job.start(at: moment) { giveUp(job) }
    }

    /// The selection's queues: one group for each if they are named, otherwise one group for all.
    private func groups(of selection: WorkSelection) -> [LaneGroup] {
        guard let queues = selection.queues else { return [LaneGroup(queue: nil, types: selection.types)] }
        return queues.map { LaneGroup(queue: $0, types: selection.types) }
    }

    private func open(_ group: LaneGroup) -> [Lane: MemoryLine] {
        lines.filter { lane, _ in
            (group.queue.map { $0 == lane.queue } ?? true) && group.types.contains(lane.type)
                && !paused.contains(lane.queue)
        }
    }

    private func firstDue(of selection: WorkSelection, suspects: Bool) -> Place? {
        for group in groups(of: selection) {
            if let place = firstDue(in: group, suspects: suspects) { return place }
        }
        return nil
    }

    private func firstDue(in group: LaneGroup, suspects: Bool) -> Place? {
        var best: (priority: Int, place: Place)?
        for (lane, line) in open(group) where lane.isSuspect == suspects {
            guard let place = line.first, !lane.isTimed || place.runAt <= now else { continue }
            if let best, (best.priority, best.place) < (lane.priority, place) { continue }
            best = (lane.priority, place)
        }
        return best?.place
    }

    private func nextDue(of request: ReserveRequest) -> Duration? {
        let heads = groups(of: request.selection).flatMap { group in
            open(group).filter { $0.key.isTimed && (request.suspects != .only || $0.key.isSuspect) }
                .compactMap { $0.value.all.first { $0.runAt > now } }
        }
        return heads.map(\.runAt).min().map { $0 - now }
    }

    private struct LaneGroup {
        let queue: String?
        let types: Set<String>
    }
}
