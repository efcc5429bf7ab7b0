// What becomes due at a moment: timeouts, leases that could not be renewed, prefetched jobs that no runner started,
// starts to be noted, handlers that do not stop. All of it is found by a scan of the slots, of which there are few. A
// job with a timeout costs one comparison when it starts, and nothing has to be removed from a heap when it ends.
import OffstageCore

extension DispatchState {
    /// What is due now.
    struct Due: Sendable {
        /// Jobs whose starts must be noted, with the microseconds since they started.
        var starts: [(token: Token, ago: Int64)] = []
        /// Prefetched jobs that are handed back.
        var reclaimed: [JobID] = []
        /// Handlers that were told to stop and have not stopped.
        var notStopping: [RunningJob] = []
        /// The next moment to check; `Int64.max` for not until something changes.
        var next: Int64 = .max
    }

    /// Does what is due and returns when to check again.
    mutating func due(at now: Int64, wake: inout Wake) -> Due {
        var due = Due()
        for slot in running.indices {
            guard let job = running[slot] else { continue }
            look(at: job, in: slot, now, &due, &wake)
        }
        while let first = buffer.first, first.deliveredAt + timings.reclaimAfter <= now {
            guard let old = buffer.popFirst() else { break }
            outbox.append(.unstarted(old.job))
            due.reclaimed.append(old.job.id)
        }
        if let first = buffer.first { due.next = min(due.next, first.deliveredAt + timings.reclaimAfter) }
        if !due.reclaimed.isEmpty {
            isStalled = runningCount < running.count
            wakeReserver(&wake)
        }
        armedUntil = due.next
        return due
    }

    private mutating func look(at job: RunningJob, in slot: Int, _ now: Int64, _ due: inout Due, _ wake: inout Wake) {
        if job.stop == nil {
            let leaseEnd = job.leaseFrom + timings.leaseTrusted
            if job.deadline <= now {
                stop(slot, .timedOut(job.timeout), at: now, wake: &wake)
            } else if leaseEnd <= now {
                stop(slot, .leaseLost, at: now, wake: &wake)
            } else {
                due.next = min(due.next, job.deadline, leaseEnd)
            }
        }
        if let stopped = running[slot], stopped.stop != nil, !stopped.isReported {
            let moment = stopped.stoppedAt + timings.heartbeat
            if moment <= now {
                running[slot]?.isReported = true
                due.notStopping.append(stopped)
            } else {
                due.next = min(due.next, moment)
            }
        }
        guard !job.isNoted else { return }
        let moment = job.startedAt + timings.noteStartAfter
        if moment <= now {
            running[slot]?.isNoted = true
            due.starts.append((job.token, now - job.startedAt))
        } else {
            due.next = min(due.next, moment)
        }
    }

    /// Tells a slot's handler to stop, unless it was already told.
    mutating func stop(_ slot: Int, _ reason: StopReason, at now: Int64, wake: inout Wake) {
        guard let job = running[slot], job.stop == nil else { return }
        running[slot]?.stop = reason
        running[slot]?.stoppedAt = now
        wake.cancelled.append(slot)
    }

    /// Tells all handlers to stop.
    mutating func stopAll(_ reason: StopReason, at now: Int64, wake: inout Wake) {
        for slot in running.indices { stop(slot, reason, at: now, wake: &wake) }
        arm(now + timings.heartbeat, wake: &wake)
    }

    /// Makes Deadlines check again at the latest at `moment`.
    mutating func arm(_ moment: Int64, wake: inout Wake) {
        guard moment < armedUntil else { return }
        armedUntil = moment
        wake.deadlines = true
    }

    /// The slot that runs the job of this token; nil if none does.
    func slot(of token: Token) -> Int? { running.firstIndex { $0?.token.counter == token.counter } }

    /// Marks starts as not noted again, because the store failed.
    mutating func startsFailed(_ tokens: [Token], at now: Int64, wake: inout Wake) {
        for token in tokens {
            guard let slot = slot(of: token) else { continue }
            running[slot]?.isNoted = false
            arm(now, wake: &wake)
        }
    }

    /// Returns the note of a job's start and marks it as noted; nil if the store already knows of the start.
    mutating func takeStart(of token: Token, at now: Int64) -> JobNote? {
        guard let slot = slot(of: token), let job = running[slot], !job.isNoted else { return nil }
        running[slot]?.isNoted = true
        return JobNote(token: token, kind: .started(agoMicroseconds: max(0, now - job.startedAt)))
    }
}
