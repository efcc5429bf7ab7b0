// A store in front of another one, so that a test can inspect the calls, delay them, make them fail, or lose their
// replies.
import OffstageCore
import Synchronization

/// Forwards every verb, with hooks for those that a worker depends on.
final class ProxyStore: Store {
    typealias Settle = @Sendable ([Settlement], ReserveRequest?) async throws -> SettleReply
    typealias Renew = @Sendable (RenewRequest) async throws -> RenewReply

    let base: any Store
    let traits: StoreTraits
    private let onSettle: @Sendable ([Settlement], ReserveRequest?, Settle) async throws -> SettleReply
    private let onRenew: @Sendable (RenewRequest, Renew) async throws -> RenewReply
    private let onHome: @Sendable (JobID, String?) -> JobID
    private let onNote: @Sendable ([JobNote]) async throws -> Void

    init(
        _ base: any Store,
        onSettle: @escaping @Sendable ([Settlement], ReserveRequest?, Settle) async throws -> SettleReply = {
            try await $2($0, $1)
        },
        onRenew: @escaping @Sendable (RenewRequest, Renew) async throws -> RenewReply = { try await $1($0) },
        onNote: @escaping @Sendable ([JobNote]) async throws -> Void = { _ in },
        partitions: Int = 1, onHome: @escaping @Sendable (JobID, String?) -> JobID = { id, _ in id }
    ) {
        self.base = base
        var traits = base.traits
        traits.partitions = partitions
        self.traits = traits
        self.onHome = onHome
        self.onSettle = onSettle
        self.onRenew = onRenew
        self.onNote = onNote
    }

    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await onSettle(settlements, request) { try await self.base.settle($0, reserving: $1) }
    }
    func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await onRenew(request) { try await self.base.renew($0) }
    }
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await onNote(notes)
        return try await base.note(notes)
    }
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        onHome(id, uniqueKey)
    }
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] { try await base.enqueue(jobs) }
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { base.makeWaiter(for: selection) }
    func maintain(limit: Int) async throws -> MaintainReport { try await base.maintain(limit: limit) }
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> { try await base.heartbeat(status) }
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await base.command(command, to: worker)
    }
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await base.retire(worker, crashed: crashed)
    }
    func workers() async throws -> [WorkerRecord] { try await base.workers() }
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await base.setPaused(paused, queue: queue)
    }
    func change(_ request: ChangeRequest) async throws -> ChangeReply { try await base.change(request) }
    func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await base.find(ids) }
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await base.list(filter, after: cursor, limit: limit)
    }
    func counts() async throws -> StoreCounts { try await base.counts() }
    func standing(of id: JobID) async throws -> JobStanding? { try await base.standing(of: id) }
    func history(since: Timestamp) async throws -> [HistoryRow] { try await base.history(since: since) }
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await base.takeReturns(from: name, limit: limit, lease: lease)
    }
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await base.peekReturns(in: name, limit: limit)
    }
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await base.acknowledgeReturns(receipts)
    }
    func now() async throws -> Timestamp { try await base.now() }
    func examine() async throws -> [Finding] { try await base.examine() }
    func close() async { await base.close() }
}
