// Whose turn it is to run a suspect of a crash; the rule is in OffstageCore, SuspectTurn.swift.
import OffstageCore

extension MemoryModel {
    /// Returns whether a request may be given a suspect, as far as other workers are concerned.
    func hasTurn(_ request: ReserveRequest) -> Bool {
        guard request.suspects == .alone else { return true }
        var busy = Set(turns.filter { $0.value > leaseNow }.keys)
        for case let lease? in leased.map({ jobs[$0]?.lease }) where lease.isSuspects { busy.insert(lease.worker) }
        busy.remove(request.worker)
        let free = workers.values.filter {
            $0.status.id != request.worker && !$0.status.isQuiet && !busy.contains($0.status.id)
                && now - $0.seenAt <= .microseconds(leaseTime)
        }
        return request.selection.hasTurn(
            busy: busy.map { workers[$0]?.status.selection }, free: free.map(\.status.selection))
    }

    /// Gives a worker the turn that it asks for, if it may have it. Returns whether it has it.
    mutating func takeTurn(_ request: ReserveRequest) -> Bool {
        guard request.suspects == .alone, let duration = request.turnFor, hasTurn(request) else { return false }
        turns = turns.filter { $0.value > leaseNow }
        turns[request.worker] = leaseNow + duration.microseconds
        return true
    }

    /// Returns the suspect that a worker holds.
    func suspect(of worker: WorkerID) -> JobID? { leases(of: worker).first { $0.lease?.isSuspects == true }?.record.id }
}
