// A store in front of another one: the base of every stand-in that watches, delays or fails calls. A conforming type
// provides `base` and implements the verbs that it changes; all others are forwarded.
public import OffstageCore

/// A store that forwards every call to another one.
public protocol ForwardingStore: Store {
    /// The store behind it.
    var base: any Store { get }
    /// Makes a call of the store behind it. Every verb that is forwarded goes through here; the default makes the call.
    func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer
}

extension ForwardingStore {
    /// Makes the call.
    public func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer { try await call() }

    /// What the store behind it is.
    public var traits: StoreTraits { base.traits }
    /// Closes the store behind it.
    public func close() async { await base.close() }

    /// The id that the store behind it gives a new job.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        base.home(of: id, type: type, uniqueKey: uniqueKey)
    }
    /// Forwards `enqueue`.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await pass(.enqueue) { try await self.base.enqueue(jobs) }
    }

    /// Forwards `settle`.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await pass(.settle) { try await self.base.settle(settlements, reserving: request) }
    }
    /// Forwards `note`.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await pass(.note) { try await self.base.note(notes) }
    }
    /// Forwards `renew`.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await pass(.renew) { try await self.base.renew(request) }
    }
    /// A waiter of the store behind it.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { base.makeWaiter(for: selection) }

    /// Forwards `heartbeat`.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await pass(.heartbeat) { try await self.base.heartbeat(status) }
    }
    /// Forwards `command`.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await pass(.command) { try await self.base.command(command, to: worker) }
    }
    /// Forwards `retire`.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await pass(.retire) { try await self.base.retire(worker, crashed: crashed) }
    }
    /// Forwards `workers`.
    public func workers() async throws -> [WorkerRecord] {
        try await pass(.workers) { try await self.base.workers() }
    }

    /// Forwards `maintain`.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await pass(.maintain) { try await self.base.maintain(limit: limit) }
    }

    /// Forwards `setPaused`.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await pass(.steer) { try await self.base.setPaused(paused, queue: queue) }
    }
    /// Forwards `change`.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try await pass(.steer) { try await self.base.change(request) }
    }

    /// Forwards `find`.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        try await pass(.look) { try await self.base.find(ids) }
    }
    /// Forwards `list`.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await pass(.look) { try await self.base.list(filter, after: cursor, limit: limit) }
    }
    /// Forwards `counts`.
    public func counts() async throws -> StoreCounts { try await pass(.look) { try await self.base.counts() } }
    /// Forwards `standing`.
    public func standing(of id: JobID) async throws -> JobStanding? {
        try await pass(.look) { try await self.base.standing(of: id) }
    }
    /// Forwards `history`.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await pass(.look) { try await self.base.history(since: since) }
    }
    /// The clock of the store behind it; never fails by itself.
    public func now() async throws -> Timestamp { try await base.now() }
    /// What the store behind it finds; never fails by itself.
    public func examine() async throws -> [Finding] { try await base.examine() }

    /// Forwards `takeReturns`.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.takeReturns(from: name, limit: limit, lease: lease) }
    }
    /// Forwards `peekReturns`.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.peekReturns(in: name, limit: limit) }
    }
    /// Forwards `acknowledgeReturns`.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await pass(.returns) { try await self.base.acknowledgeReturns(receipts) }
    }
}
