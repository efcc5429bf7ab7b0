// A part of a store in the place of a whole one, for the cases that need no more than that part.
import OffstageCore

/// Forwards the verbs of the roles that a part has, and fails all others.
struct PartStore: Store {
    let part: any StorePart

    private func role<Role>(_ role: StoreRole, _ type: Role.Type = Role.self) throws -> Role {
        guard let found = part as? Role else { throw StoreError.unusable("this store has no role \(role.rawValue)") }
        return found
    }

    var traits: StoreTraits { part.traits }
    func close() async { await part.close() }

    private var sink: any JobSink { get throws { try role(.jobSink) } }
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        (try? sink)?.home(of: id, type: type, uniqueKey: uniqueKey) ?? id
    }
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] { try await sink.enqueue(jobs) }

    private var source: any WorkSource { get throws { try role(.workSource) } }
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await source.settle(settlements, reserving: request)
    }
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer] { try await source.note(notes) }
    func renew(_ request: RenewRequest) async throws -> RenewReply { try await source.renew(request) }
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter {
        (try? source)?.makeWaiter(for: selection) ?? NoWaiter()
    }

    private var fleet: any Fleet { get throws { try role(.fleet) } }
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> { try await fleet.heartbeat(status) }
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await fleet.command(command, to: worker)
    }
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await fleet.retire(worker, crashed: crashed)
    }
    func workers() async throws -> [WorkerRecord] { try await fleet.workers() }

    private var upkeep: any Upkeep { get throws { try role(.upkeep) } }
    func maintain(limit: Int) async throws -> MaintainReport { try await upkeep.maintain(limit: limit) }

    private var inspection: any Inspection { get throws { try role(.inspection) } }
    func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await inspection.find(ids) }
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await inspection.list(filter, after: cursor, limit: limit)
    }
    func counts() async throws -> StoreCounts { try await inspection.counts() }
    func standing(of id: JobID) async throws -> JobStanding? { try await inspection.standing(of: id) }
    func history(since: Timestamp) async throws -> [HistoryRow] { try await inspection.history(since: since) }
    func now() async throws -> Timestamp { try await inspection.now() }
    func examine() async throws -> [Finding] { try await inspection.examine() }

    private var steering: any Steering { get throws { try role(.steering) } }
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await steering.setPaused(paused, queue: queue)
    }
    func change(_ request: ChangeRequest) async throws -> ChangeReply { try await steering.change(request) }

    private var returns: any Returns { get throws { try role(.returns) } }
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await returns.takeReturns(from: name, limit: limit, lease: lease)
    }
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await returns.peekReturns(in: name, limit: limit)
    }
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await returns.acknowledgeReturns(receipts)
    }
}

/// A waiter of a store that gives out no jobs.
private struct NoWaiter: WorkWaiter {
    func arm() {}
    func wait(upTo limit: Duration) async {}
    func wake() {}
    func close() {}
}
