// Sees every call as it really happened, including lost replies, and checks what the promises require: at most one
// valid lease, no settle accepted from a stale token, no job completed twice, no accepted job lost.
import OffstageCore
import OffstageTesting
import Synchronization

/// Watches a store and records its violations.
final class Witness: Sendable {
    private struct Lease {
        let token: Token
        var deadline: Int64
        var isSuspect = false
    }

    private struct Accepted: Equatable {
        let token: Token
        let name: String
    }

    private struct State {
        var leases: [JobID: Lease] = [:]
        var accepted: [JobID: Accepted] = [:]
        var jobs: Set<JobID> = []
        var removed: Set<JobID> = []
        var completed: Set<JobID> = []
        var violations: [String] = []
        var grants = 0
        var refusals = 0
    }

    private let time: ManualTime
    private let leaseTime: Int64
    private let areAlike: Bool
    private let state = Mutex(State())

    /// Makes a witness. `areAlike` states that all workers take the same jobs and that the store does not know free
    /// workers, so that two workers must never hold suspects at the same time.
    init(time: ManualTime, lease: Duration, areAlike: Bool = false) {
        self.time = time
        self.areAlike = areAlike
        leaseTime = lease.microseconds
    }

    var violations: [String] { state.withLock { $0.violations } }
    /// The jobs that were accepted and not removed.
    var jobs: [JobID] { state.withLock { $0.jobs.subtracting($0.removed).sorted() } }
    /// How many leases were granted, and how many stale settles refused.
    var totals: (grants: Int, refusals: Int) { state.withLock { ($0.grants, $0.refusals) } }

    func saw(_ deed: StoreOperation) {
        let now = time.monotonicMicroseconds()
        state.withLock { state in
            switch deed {
            case .enqueued(let jobs, let answers):
                for (job, answer) in zip(jobs, answers) {
                    if case .stored = answer { state.jobs.insert(job.id) }
                }
            case .settled(let settlements, let request, let reply):
                for (settlement, answer) in zip(settlements, reply.answers) { settled(settlement, answer, now, &state) }
                for job in reply.reservation?.jobs ?? [] { granted(job, request, now, &state) }
            case .renewed(let request, let reply): renewed(request, reply, now, &state)
            case .retired(let worker): state.leases = state.leases.filter { $0.value.token.worker != worker }
            case .changed(let request, let reply):
                guard case .ids(let ids) = request.target, !request.dryRun else { return }
                for (id, answer) in zip(ids, reply.answers) where answer == .removed {
                    state.removed.insert(id)
                    if state.leases[id].map({ $0.deadline > now }) ?? false {
                        state.violations.append("\(id) was removed while it ran")
                    }
                }
            }
        }
    }

    private func granted(_ job: ReservedJob, _ request: ReserveRequest?, _ now: Int64, _ state: inout State) {
        state.grants += 1
        if let lease = state.leases[job.id], lease.deadline > now {
            state.violations.append("\(job.token) was granted while \(lease.token) held a valid lease")
        }
        if state.completed.contains(job.id) { state.violations.append("\(job.id) was given out after it completed") }
        if let request {
            if !request.selection.types.contains(job.type) {
                state.violations.append("\(job.id) is of an unknown type")
            }
            if job.isSuspect, request.holding > 0 {
                state.violations.append("suspect \(job.id) was given to a worker that holds others")
            }
            let rival = state.leases.values.first {
                $0.isSuspect && $0.deadline > now && $0.token.worker != request.worker
            }
            if areAlike, job.isSuspect, let rival {
                state.violations.append("suspect \(job.id) was given out while \(rival.token.worker) held one")
            }
        }
        state.leases[job.id] = Lease(token: job.token, deadline: now + leaseTime, isSuspect: job.isSuspect)
    }

    private func settled(_ settlement: Settlement, _ answer: TokenAnswer, _ now: Int64, _ state: inout State) {
        let id = settlement.token.job
        let isCurrent = state.leases[id]?.token == settlement.token
        let accepted = Accepted(token: settlement.token, name: settlement.kind.name)
        switch answer {
        case .accepted where isCurrent:
            state.leases[id] = nil
            state.accepted[id] = accepted
            if case .completed = settlement.kind {
                if !state.completed.insert(id).inserted { state.violations.append("\(id) was completed twice") }
            }
        case .accepted where state.accepted[id] == accepted: break
        case .accepted: state.violations.append("a settle from the stale \(settlement.token) was accepted")
        case .stale, .gone:
            state.refusals += 1
            if isCurrent, let lease = state.leases[id], lease.deadline > now {
                state.violations.append("the settle of the current \(settlement.token) was refused as \(answer)")
            }
        }
    }

    private func renewed(_ request: RenewRequest, _ reply: RenewReply, _ now: Int64, _ state: inout State) {
        let lost = Set(reply.lost)
        for token in request.tokens where !lost.contains(token) {
            guard state.leases[token.job]?.token == token else {
                // A job whose end was already accepted is neither renewed nor lost.
                if state.accepted[token.job]?.token == token { continue }
                state.violations.append("the stale \(token) was renewed")
                continue
            }
            state.leases[token.job]?.deadline = now + leaseTime
        }
        for token in lost where state.leases[token.job].map({ $0.token == token && $0.deadline > now }) ?? false {
            state.violations.append("the valid \(token) was answered as lost")
        }
        let listed = Set(request.tokens)
        state.leases = state.leases.filter { _, lease in
            lease.token.worker != request.worker || lease.token.counter >= request.grantedBefore
                || listed.contains(lease.token)
        }
    }
}

extension Settlement.Kind {
    fileprivate var name: String {
        switch self {
        case .completed: "completed"
        case .retry: "retry"
        case .discarded: "discarded"
        case .cancelled: "cancelled"
        case .snoozed: "snoozed"
        case .handedBack: "handed back"
        }
    }
}
