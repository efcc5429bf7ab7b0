// Everything that may happen to a stored job, as decisions on values: no store, no clock, no I/O. The memory model and
// SQLite call these methods. The scripts on Redis are a second implementation, and random sequences compare the two.
// Each method changes the job and returns what that means beyond the job itself. The store then writes the job. The
// job's place in a line follows from its state, priority, run time and suspicion. Its key, successor, announcement and
// counts follow from the returned value.

/// What a decision means beyond the job.
package enum LifeTurn: Sendable, Hashable {
    /// The job goes on: it runs, waits, or is held.
    case goesOn
    /// An attempt has failed after this many microseconds, and the job waits for the next one.
    case failed(ran: Int64)
    /// The job has ended for good, after an attempt of this many microseconds (0 if no attempt ended with it). Its key
    /// is given up, its successor is freed, and its end is announced and counted.
    case ended(ran: Int64)
}

/// An event that cannot happen to a job in its state: the stored facts about the job contradict each other.
package struct ImpossibleEvent: Error, Sendable, CustomStringConvertible {
    let event: JobEvent
    let state: JobState

    /// Creates an error.
    package init(event: JobEvent, state: JobState) {
        self.event = event
        self.state = state
    }

    /// One line.
    package var description: String { "“\(event.rawValue)” cannot happen to a job that is \(state.name)" }
}

extension StoredJob {
    // MARK: Waiting

    /// Makes a waiting job available, because its time has come.
    package mutating func becomeDue() throws(ImpossibleEvent) { try move(.due) }

    /// Queues a held job whose predecessor has given up the key: at the job's own time, or now if that has passed.
    package mutating func free(at now: Timestamp) throws(ImpossibleEvent) {
        try move(.freed)
        record.runAt = max(now, record.runAt)
        if record.runAt > now { try move(.postponed) }
    }

    /// Discards a job whose expiry has passed.
    package mutating func expire(_ options: StoreOptions, at now: Timestamp) throws(ImpossibleEvent) -> LifeTurn {
        add(.expired, at: now)
        return try end(by: .expired, options, at: now)
    }

    // MARK: Running

    /// Puts a job under a lease.
    package mutating func reserve(under lease: JobLease) throws(ImpossibleEvent) {
        try move(.reserved)
        self.lease = lease
    }

    /// Records that the handler has started, unless that is already known. Returns whether a key that is held only
    /// until the start must now be given up.
    package mutating func start(at moment: Timestamp) -> Bool {
        guard let current = lease, current.startedAt == nil else { return false }
        lease?.startedAt = moment
        record.attempt = current.attempt
        record.attemptedAt = moment
        record.isStarted = true
        return unique?.release == .started
    }

    /// Records how the attempt under the job's lease ended. A job that was asked to cancel becomes cancelled, unless
    /// its attempt completed.
    package mutating func settle(
        _ settlement: Settlement, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        let ran = settlement.ranMicroseconds ?? 0
        settled = SettleMark(settlement)
        if let failure = settlement.kind.failure { add(failure, at: now) }
        switch settlement.kind {
        case .completed(let result, let truncated):
            record.result = result
            record.resultTruncated = truncated
            record.checkpoint = nil
            return try end(by: .returned, options, ran: ran, at: now)
        case _ where record.cancelRequestedAt != nil, .cancelled:
            return try end(by: .stopped, options, ran: ran, at: now)
        case .discarded:
            failures += 1
            return try end(by: .gaveUp, options, ran: ran, at: now)
        case .retry(let when, _):
            failures += 1
            try goBack(by: .failed)
            record.runAt = max(now, when.resolved(at: now))
            return .failed(ran: ran)
        case .snoozed(let when):
            record.interruptions += 1
            try goBack(by: .snoozed)
            record.runAt = max(now, when.resolved(at: now))
            return .goesOn
        case .handedBack:
            // A reservation may have recorded a start that never happened.
            if settlement.ranMicroseconds != nil { record.interruptions += 1 }
            try goBack(by: .handedBack)
            return .goesOn
        }
    }

    /// Takes the lease from a worker that gave the job up or never received it; the attempt does not count. A job that
    /// was asked to cancel becomes cancelled.
    package mutating func handBack(
        isInterruption: Bool, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        if isInterruption, lease?.startedAt != nil { record.interruptions += 1 }
        return try comeBack(by: .handedBack, options, at: now)
    }

    /// Takes back a lease that has run out. The worker is presumed dead only if it could have renewed, because the
    /// store was in use during the whole lease. Another job of that worker may have caused its death, so only a second
    /// crash makes this job a suspect.
    package mutating func rescue(
        storeWasInUse: Bool, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        guard let lease, lease.startedAt != nil else { return try comeBack(by: .rescued, options, at: now) }
        if storeWasInUse {
            return try crash(.leaseRanOut(of: lease.worker), suspectFrom: 2, options, at: now)
        }
        record.interruptions += 1
        add(.leaseRanOutInOutage(of: lease.worker), at: now)
        return try comeBack(by: .rescued, options, at: now)
    }

    /// Counts a crash of a started job. From the `suspectFrom`th crash on, the job is a suspect. A suspect that crashes
    /// alone `crashesAlone` times is discarded.
    package mutating func crash(
        _ failure: Failure, suspectFrom: Int, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        record.crashes += 1
        record.interruptions += 1
        if !record.isSuspect, record.crashes >= suspectFrom { record.suspectedAt = record.crashes }
        add(failure, at: now)
        let alone = record.crashes - record.suspectedAt
        if record.cancelRequestedAt == nil, record.isSuspect, alone >= options.crashesAlone {
            return try end(by: .gaveUp, options, at: now)
        }
        return try comeBack(by: .rescued, options, at: now)
    }

    /// Withdraws the crash that a worker was charged with when its lease ran out, because the worker has been heard
    /// from. Returns whether there was such a crash.
    package mutating func acquit(_ worker: WorkerID) -> Bool {
        guard !record.state.isEnded,
            let place = record.errors.lastIndex(where: { $0.isCharge(against: worker) })
        else { return false }
        record.errors[place].kind = .leaseLost
        record.crashes = max(0, record.crashes - 1)
        if record.suspectedAt > record.crashes { record.suspectedAt = 0 }
        return true
    }

    // MARK: Manual changes; ChangeAction.refusal defines the states that allow them

    /// Cancels a job that waits or is held, and asks a running one to stop.
    package mutating func cancel(_ options: StoreOptions, at now: Timestamp) throws(ImpossibleEvent) -> LifeTurn {
        guard record.state == .running else { return try end(by: .cancelled, options, at: now) }
        record.cancelRequestedAt = record.cancelRequestedAt ?? now
        return .goesOn
    }

    /// Makes a job available again. A job that has used up its attempts gets one more. The caller must have acquired
    /// its key.
    package mutating func retry(at now: Timestamp) throws(ImpossibleEvent) {
        try move(.retriedByHand)
        record.runAt = now
        record.finishedAt = nil
        keepUntil = nil
        record.result = nil
        record.resultTruncated = false
        record.cancelRequestedAt = nil
        record.crashes = 0
        record.suspectedAt = 0
        record.maxAttempts = max(record.maxAttempts, failures + 1)
        if let expires = record.expiresAt, expires <= now { record.expiresAt = nil }
    }

    /// Gives a waiting job another time, which decides whether it is scheduled or available.
    package mutating func reschedule(to when: When, at now: Timestamp) throws(ImpossibleEvent) {
        record.runAt = max(now, when.resolved(at: now))
        if record.runAt > now { try move(.postponed) } else if record.state != .available { try move(.due) }
    }

    // MARK: Steps that several of them share

    /// Puts an error on the record, stamped with the number of the attempt that runs or ran last.
    package mutating func add(_ failure: Failure, at now: Timestamp) {
        let error = JobError(at: now, attempt: record.attempt, kind: failure.kind, message: failure.message)
        record.errors = JobError.adding(error, to: record.errors)
    }

    private mutating func comeBack(
        by event: JobEvent, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        guard record.cancelRequestedAt == nil else { return try end(by: .stopped, options, at: now) }
        try goBack(by: event)
        return .goesOn
    }

    private mutating func goBack(by event: JobEvent) throws(ImpossibleEvent) {
        try move(event)
        clearLease()
    }

    private mutating func end(
        by event: JobEvent, _ options: StoreOptions, ran: Int64 = 0, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        try move(event)
        clearLease()
        record.finishedAt = now
        keepUntil = now + options.retention.age(of: record.state, type: record.type)
        return .ended(ran: ran)
    }

    private mutating func clearLease() {
        lease = nil
        record.worker = nil
        record.leaseUntil = nil
        record.isStarted = false
    }

    private mutating func move(_ event: JobEvent) throws(ImpossibleEvent) {
        record.state = try record.state.moved(by: event)
    }
}

extension JobState {
    /// Returns the state that an event leads to.
    package func moved(by event: JobEvent) throws(ImpossibleEvent) -> JobState {
        guard case .to(let next) = after(event) else { throw ImpossibleEvent(event: event, state: self) }
        return next
    }
}
