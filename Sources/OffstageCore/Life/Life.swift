// Everything that may happen to a stored job, as decisions on values: no store, no clock, no I/O. The memory model and
// SQLite call these; the scripts on Redis are a second implementation, and random sequences compare the two. Each
// method changes the job and returns what that means beyond the job itself. The store then writes the job: its place in
// a line follows from its state, priority, run time and suspicion, and its key, its successor, its announcement and the
// counts follow from the returned value.

/// What a decision means beyond the job.
package enum LifeTurn: Sendable, Hashable {
    /// It goes on: it runs, waits, or is held.
    case goesOn
    /// An attempt has failed after this many microseconds, and the job waits for the next one.
    case failed(ran: Int64)
    /// It has ended for good, after an attempt of this many microseconds (0 if none ended with it): its key is given
    /// up, its successor freed, and its end announced and counted.
    case ended(ran: Int64)
}

/// An event that cannot happen to a job in its state: what is stored of it contradicts itself.
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

    /// Puts a waiting job whose time has come among the available ones.
    package mutating func becomeDue() throws(ImpossibleEvent) { try move(.due) }

    /// Gives a held job, whose predecessor has given the key up, its place: at its time, or now if that has passed.
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

    /// Notes that the handler has started, unless that is known. Returns whether a key that is held only until the
    /// start is given up now.
    package mutating func start(at moment: Timestamp) -> Bool {
        guard let current = lease, current.startedAt == nil else { return false }
        lease?.startedAt = moment
        record.attempt = current.attempt
        record.attemptedAt = moment
        record.isStarted = true
        return unique?.release == .started
    }

    /// Records how the attempt ended that the job's lease is for. A job that was asked to cancel is cancelled, whatever
    /// its attempt ended with but completion.
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
            // A reservation may have noted a start that never came.
            if settlement.ranMicroseconds != nil { record.interruptions += 1 }
            try goBack(by: .handedBack)
            return .goesOn
        }
    }

    /// Takes the lease away from a worker that gave the job up, or never heard of it; that counts as nothing. A job
    /// that was asked to cancel is cancelled.
    package mutating func handBack(
        isInterruption: Bool, _ options: StoreOptions, at now: Timestamp
    ) throws(ImpossibleEvent) -> LifeTurn {
        if isInterruption, lease?.startedAt != nil { record.interruptions += 1 }
        return try comeBack(by: .handedBack, options, at: now)
    }

    /// Takes a lease away that has run out. Only a worker that had the whole lease to renew in, because the store was
    /// in use all that time, is presumed dead. It may have been a neighbour's fault: twice makes a suspect.
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

    /// Counts a crash of a started job: from so many on it is a suspect, and alone it may crash only so often.
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

    /// Takes back the crash that a worker was charged with when its lease ran out, since it has been heard from.
    /// Returns whether there was one.
    package mutating func acquit(_ worker: WorkerID) -> Bool {
        guard !record.state.isEnded,
            let place = record.errors.lastIndex(where: { $0.isCharge(against: worker) })
        else { return false }
        record.errors[place].kind = .leaseLost
        record.crashes = max(0, record.crashes - 1)
        if record.suspectedAt > record.crashes { record.suspectedAt = 0 }
        return true
    }

    // MARK: By hand; ChangeAction.refusal says in which states

    /// Cancels a job that waits or is held; a running one is asked to stop.
    package mutating func cancel(_ options: StoreOptions, at now: Timestamp) throws(ImpossibleEvent) -> LifeTurn {
        guard record.state == .running else { return try end(by: .cancelled, options, at: now) }
        record.cancelRequestedAt = record.cancelRequestedAt ?? now
        return .goesOn
    }

    /// Makes a job available again. One whose attempts are used up is allowed one more. The caller has its key by now.
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

    /// Gives a waiting job another time; it is scheduled or available by it.
    package mutating func reschedule(to when: When, at now: Timestamp) throws(ImpossibleEvent) {
        record.runAt = max(now, when.resolved(at: now))
        if record.runAt > now { try move(.postponed) } else if record.state != .available { try move(.due) }
    }

    // MARK: What several of them do

    /// Puts an error on the record, stamped with the attempt that runs or ran last.
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
        guard case .to(let state) = record.state.after(event) else {
            throw ImpossibleEvent(event: event, state: record.state)
        }
        record.state = state
    }
}
