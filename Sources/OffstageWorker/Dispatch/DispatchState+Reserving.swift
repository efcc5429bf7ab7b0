// What the reserver does next, and how much it reserves: the free slots, plus as many jobs as this worker finished in
// its last 50 ms, minus what will still be in the buffer when the reply arrives. The last number is the buffer's count
// minus what the handlers finished during the last call, or zero if the runners ran out of jobs in that call. A worker
// of quick jobs therefore always has a full batch on its way while it runs the one before. Large jobs are prefetched up
// to Limits.replyBytes, so memory is bounded by the slots and not by how many jobs were quick.
import OffstageCore

extension DispatchState {
    /// What one reservation requests.
    struct Demand: Sendable, Equatable {
        var limit: Int
        var startNow: Int
        var holding: Int
        var firstCounter: UInt64
        /// Whether the reserver listens before the call, because the store may have no job.
        var listens: Bool
        /// Which crash suspects are requested.
        var suspects = SuspectWatch.Wish(choice: .alone)
    }

    /// The reserver's next step.
    enum Plan: Sendable {
        /// Make one call to the store.
        case call([Settlement], Demand?)
        /// Sleep until the store has news, a handler ends, or this many microseconds have passed.
        case awaitNews(Int64?)
        /// Sleep until a handler ends, the reserver is woken, or this many microseconds have passed.
        case awaitWork(Int64?)
        /// No job of the selection is due and none is held: check whether other workers run some.
        case checkDrained
        /// End: everything is settled, and no more settlements will come.
        case end
    }

    /// Decides the reserver's next step. `drains` means that the worker should end when no work is left.
    mutating func plan(at now: Int64, drains: Bool = false) -> Plan {
        rate.add(finished, at: now)
        let gathered = finished
        finished = 0
        // While the store fails, nothing is reserved along with settlements, which go first. With nothing to settle, a
        // reservation serves as the probe.
        let isHeldBack =
            isQuiet || isStalled || isClosing || now < starts.pausedUntil || (isStoreFailing && !outbox.isEmpty)
        let limit = isHeldBack ? 0 : room(at: now, gathered: gathered)
        let hasRoom = running.count - runningCount > buffer.count
        if outbox.isEmpty {
            if isClosing { return .end }
            if limit == 0 || !hasRoom {
                reserver = .awaitingWork
                let pause = now < starts.pausedUntil ? starts.pausedUntil - now : timings.slowPoll
                return .awaitWork(limit == 0 && !isQuiet ? min(pause, timings.slowPoll) : nil)
            }
            if isDrained {
                if drains, holding == 0 {
                    suspects.forgive()
                    return .checkDrained
                }
                reserver = .awaitingNews
                return .awaitNews(nextDue)
            }
        }
        let settlements = takeBatch()
        guard limit > 0 else { return .call(settlements, nil) }
        let demand = Demand(
            limit: limit, startNow: max(0, min(limit, running.count - runningCount - buffer.count)),
            holding: holding + outbox.count, firstCounter: nextCounter, listens: expectsNothing,
            suspects: suspects.wish(at: now))
        callCounter = nextCounter
        nextCounter += UInt64(limit)
        return .call(settlements, demand)
    }

    private mutating func room(at now: Int64, gathered: Int) -> Int {
        if suspects.holdsBack(at: now, holding: holding + outbox.count) { return 0 }
        let allowed = starts.allowed(at: now, of: running.count)
        if allowed < running.count { return min(Limits.batch, max(0, allowed - runningCount - buffer.count)) }
        let free = running.count - runningCount
        // Without prefetching, the jobs that the handlers could finish during the call must not be requested either.
        // Nor is anything prefetched while the buffer holds as much as one reply carries.
        guard timings.prefetchLimit > 0, buffer.bytes < Limits.replyBytes else {
            return min(Limits.batch, max(0, free - buffer.count))
        }
        let prefetch = min(timings.prefetchLimit, rate.count(at: now))
        let ahead = ranDry ? 0 : max(0, buffer.count - gathered)
        return min(Limits.batch, max(0, free + prefetch - ahead))
    }

    private mutating func takeBatch() -> [Settlement] {
        let count = batchCount()
        if outbox.count == count {
            swap(&inFlight, &outbox)
            outbox.removeAll(keepingCapacity: true)
        } else {
            inFlight = Array(outbox[..<count])
            outbox.removeFirst(count)
        }
        return inFlight
    }

    /// Records that a job's program could not be started because the machine lacks a resource. Prefetched jobs are
    /// handed back too, for a worker on a machine that has it. Returns how many other jobs run.
    mutating func couldNotStart(at now: Int64, wake: inout Wake) -> Int {
        let others = max(0, runningCount - 1)
        starts.failed(at: now, others: others)
        let unstarted = buffer.remove { _ in true }
        for buffered in unstarted { outbox.append(.unstarted(buffered.job)) }
        wakeReserver(&wake)
        return others
    }

    /// How many settlements the next call sends: at most a batch, and at most as many bytes as one reply may have.
    private func batchCount() -> Int {
        var bytes = 0
        var count = 0
        while count < min(outbox.count, Limits.batch) {
            bytes += outbox[count].size
            if bytes > Limits.replyBytes, count > 0 { break }
            count += 1
        }
        return count
    }

    /// Marks the reserver as awake. What it knew of the store may have changed.
    mutating func lookAgain() {
        reserver = .working
        isDrained = false
    }

    /// Records that the store replied to a call.
    mutating func answered() {
        inFlight.removeAll(keepingCapacity: true)
        callCounter = nil
        isStoreFailing = false
    }

    /// Puts the settlements of a failed call back, to be sent again. The reply was lost, with any jobs that the call
    /// reserved.
    mutating func callFailed() {
        outbox.insert(contentsOf: inFlight, at: 0)
        inFlight = []
        if callCounter != nil { mayHaveLostReply = true }
        callCounter = nil
        isStoreFailing = true
        isDrained = false
        expectsNothing = true
    }

    /// Takes the jobs of a reservation; `fraction` is a random number from 0 to 1. Returns the jobs that are no longer
    /// wanted and are handed back at once.
    mutating func deliver(
        _ reservation: Reservation, for demand: Demand, leaseFrom: Int64, at now: Int64, fraction: Double,
        wake: inout Wake
    ) -> [JobID] {
        suspects.saw(reservation, for: demand.suspects, holding: demand.holding, at: now, fraction: fraction)
        isDrained = reservation.jobs.isEmpty && demand.listens
        expectsNothing = reservation.jobs.count < demand.limit
        nextDue = reservation.nextDue.map { max(1000, $0.microseconds) }
        if reservation.suspectWaiting, let pause = suspects.pause(at: now) {
            nextDue = min(nextDue ?? .max, max(1000, pause))
        }
        guard !isQuiet, !isClosing else {
            for job in reservation.jobs { outbox.append(.unstarted(job)) }
            return reservation.jobs.map(\.id)
        }
        ranDry = buffer.isEmpty && runningCount < running.count
        guard !reservation.jobs.isEmpty else { return [] }
        buffer.reserve(reservation.jobs.count)
        for (index, job) in reservation.jobs.enumerated() {
            buffer.append(
                BufferedJob(job, deliveredAt: now, leaseFrom: leaseFrom, isMarked: index < demand.startNow))
        }
        let moment = now + timings.reclaimAfter
        if moment < armedUntil {
            armedUntil = moment
            wake.deadlines = true
        }
        return []
    }
}
