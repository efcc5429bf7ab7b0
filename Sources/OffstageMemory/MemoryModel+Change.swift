// Manual changes to jobs. Each job is judged separately, by the table of docs/lifecycle.md. A dry run judges each job
// and changes none.
import OffstageCore

extension MemoryModel {
    /// The most jobs that one call by filter changes.
    private static let chunk = 1000

    /// Cancels, retries, removes or reschedules jobs.
    mutating func change(_ request: ChangeRequest) throws(StoreError) -> ChangeReply {
        var reply = ChangeReply()
        switch request.target {
        case .ids(let ids):
            reply.answers = ids.map { id in
                jobs[id].map { change($0, request) } ?? .notFound
            }
        case .filter(let filter, let cursor):
            let order = ListOrder(filter)
            let found = try listed(order, state: filter.state, after: cursor)
            for (index, id) in found.enumerated() {
                // Ending one job may have freed the job held behind it, so read each job again.
                guard let job = jobs[id] else { continue }
                if filter.matches(job.record) {
                    if case .refused = change(job, request) { reply.refused += 1 } else { reply.changed += 1 }
                }
                let isLast = index + 1 == found.count
                if !isLast, reply.changed >= Self.chunk || index + 1 >= Limits.pageExamines {
                    reply.next = order.cursor(of: job)
                    break
                }
            }
        }
        return reply
    }

    private mutating func change(_ job: StoredJob, _ request: ChangeRequest) -> ChangeAnswer {
        if let refusal = request.action.refusal(in: job.record.state) { return .refused(refusal) }
        return switch request.action {
        case .cancel: cancel(job, dryRun: request.dryRun)
        case .retry: retry(job, dryRun: request.dryRun)
        case .remove: remove(job, dryRun: request.dryRun)
        case .reschedule(let when): reschedule(job, to: when, dryRun: request.dryRun)
        }
    }

    private mutating func cancel(_ job: StoredJob, dryRun: Bool) -> ChangeAnswer {
        let isAsked = job.record.state == .running
        if !dryRun {
            var job = job
            let turn = decide { try job.cancel(options, at: now) }
            save(job, after: turn)
        }
        return isAsked ? .asked : .done(.cancelled)
    }

    private mutating func retry(_ job: StoredJob, dryRun: Bool) -> ChangeAnswer {
        if let key = job.key { endExpired(at: key, except: job.record.id) }
        let known = job.key.flatMap { hold(on: $0) }
        if let known, known.seq != job.seq { return .refused(.keyHeld(by: known.holder)) }
        guard !dryRun else { return .done(.available) }
        var job = job
        decide { try job.retry(at: now) }
        if known == nil { acquire(job) }
        save(job)
        return .done(.available)
    }

    private mutating func remove(_ job: StoredJob, dryRun: Bool) -> ChangeAnswer {
        guard !dryRun else { return .removed }
        forget(job)
        unlink(job)
        giveUp(job)
        if !job.record.state.isEnded { announce(job, as: nil) }
        return .removed
    }

    private mutating func reschedule(_ job: StoredJob, to when: When, dryRun: Bool) -> ChangeAnswer {
        var job = job
        decide { try job.reschedule(to: when, at: now) }
        if !dryRun { save(job) }
        return .done(job.record.state)
    }
}
