// Settle: record how attempts ended, each on its own proof. The same settlement sent again, because its reply was
// lost, finds its mark on the record and is accepted without being done twice.
import OffstageCore

extension MemoryModel {
    /// Records how attempts ended, then reserves the next jobs.
    mutating func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) -> SettleReply {
        if !settlements.isEmpty || request != nil { moveLeaseClock() }
        var reply = SettleReply()
        for settlement in settlements { reply.answers.append(settle(settlement, &reply.refusedFollowUps)) }
        reply.reservation = request.map { reserve($0) }
        return reply
    }

    private mutating func settle(_ settlement: Settlement, _ refused: inout [RefusedFollowUp]) -> TokenAnswer {
        guard let known = jobs[settlement.token.job] else { return .gone }
        guard var job = current(settlement.token) else {
            return known.settled == SettleMark(settlement) ? .accepted : refuse(settlement.token)
        }
        if let ran = settlement.ranMicroseconds {
            start(&job, at: now - .microseconds(ran))
            save(job)
        }
        job.settled = SettleMark(settlement)
        apply(settlement, to: job, &refused)
        return .accepted
    }

    private mutating func apply(_ settlement: Settlement, to job: MemoryJob, _ refused: inout [RefusedFollowUp]) {
        var job = job
        let ran = settlement.ranMicroseconds ?? 0
        job.add(settlement.kind.failure, at: now)
        switch settlement.kind {
        case .completed(let result, let truncated):
            job.record.result = result
            job.record.resultTruncated = truncated
            job.record.checkpoint = nil
            end(job, by: .returned, ran: ran)
            refused += follow(settlement)
        case _ where job.record.cancelRequestedAt != nil, .cancelled:
            end(job, by: .stopped, ran: ran)
        case .discarded:
            job.failures += 1
            end(job, by: .gaveUp, ran: ran)
        case .retry(let when, _):
            job.failures += 1
            count(.retryable, of: job.record.type, ran: ran)
            goBack(job, by: .failed, runAt: max(now, when.resolved(at: now)))
        case .snoozed(let when):
            job.record.interruptions += 1
            goBack(job, by: .snoozed, runAt: max(now, when.resolved(at: now)))
        case .handedBack:
            if job.lease?.isStarted == true { job.record.interruptions += 1 }
            goBack(job, by: .handedBack, runAt: job.record.runAt)
        }
    }

    /// Stores the follow-ups of a job that has completed; what could not be stored goes on its record.
    private mutating func follow(_ settlement: Settlement) -> [RefusedFollowUp] {
        let parent = settlement.token.job
        let answers = enqueue(settlement.followUps)
        let refused = zip(settlement.followUps, answers).compactMap { RefusedFollowUp($0.id, of: parent, $1) }
        guard !refused.isEmpty, var job = jobs[parent] else { return refused }
        for one in refused { job.add(one.failure, at: now) }
        save(job)
        return refused
    }

    /// Puts a job that has not ended for good back in line.
    private mutating func goBack(_ job: MemoryJob, by event: JobEvent, runAt: Timestamp) {
        var job = job
        job.move(event)
        job.lease = nil
        job.record.runAt = runAt
        save(job)
    }
}
