// Settle: records how attempts ended, each proved by its token. A settlement that is sent again because its reply was
// lost finds its mark on the record, and is accepted without a second effect.
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
        let turn = decide { try job.settle(settlement, options, at: now) }
        save(job, after: turn)
        if settlement.kind.isCompletion { refused += follow(settlement) }
        return .accepted
    }

    /// Stores the follow-ups of a job that has completed; those that could not be stored go on its record as errors.
    private mutating func follow(_ settlement: Settlement) -> [RefusedFollowUp] {
        let parent = settlement.token.job
        let answers = enqueue(settlement.followUps)
        let refused = zip(settlement.followUps, answers).compactMap { RefusedFollowUp($0.id, of: parent, $1) }
        guard !refused.isEmpty, var job = jobs[parent] else { return refused }
        for one in refused { job.add(one.failure, at: now) }
        save(job)
        return refused
    }
}
