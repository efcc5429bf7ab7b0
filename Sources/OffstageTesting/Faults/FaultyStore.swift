// A store whose calls go wrong when a test says so: before anything was done, after everything was done, or from a
// moment on for good. It stands before the real store, so what happens behind it is always the truth; only the caller
// is lied to.
public import OffstageCore
import Synchronization

/// A store that passes calls on, or fails them as it is told.
public final class FaultyStore: Store {
    /// What goes wrong with a call.
    public enum Fault: Sendable, Hashable {
        /// Nothing.
        case none
        /// It throws StoreError.failed, and nothing was done.
        case failed
        /// It throws StoreError.unknownOutcome, and everything was done: the reply is lost.
        case lost
    }

    /// The store behind it.
    public let base: any Store
    /// What the store behind it is.
    public let traits: StoreTraits
    private let choose: @Sendable (StoreVerb) -> Fault
    private let witness: @Sendable (StoreDeed) -> Void
    private let order: CallOrder?
    private let isSevered = Mutex(false)

    /// Creates a store before another one; `choose` is asked about every call, and `witness` is told what was really
    /// done, before a reply is lost. Several that share an `order` tell their witness in the order of the deeds.
    public init(
        _ base: any Store, order: CallOrder? = nil, choose: @escaping @Sendable (StoreVerb) -> Fault = { _ in .none },
        witness: @escaping @Sendable (StoreDeed) -> Void = { _ in }
    ) {
        self.base = base
        self.order = order
        self.choose = choose
        self.witness = witness
        traits = base.traits
    }

    /// From now on every call throws StoreError.closed and does nothing: to the store, the caller has died.
    public func sever() { isSevered.withLock { $0 = true } }

    /// Makes a call, or what is left of it.
    private func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer,
        deed: @escaping @Sendable (Answer) -> StoreDeed? = { _ in nil }
    ) async throws -> Answer {
        if isSevered.withLock({ $0 }) { throw StoreError.closed }
        let fault = choose(verb)
        if fault == .failed { throw StoreError.failed("a test let \(verb) fail") }
        let witnessed: @Sendable () async throws -> Answer = {
            let answer = try await call()
            if let deed = deed(answer) { self.witness(deed) }
            return answer
        }
        let answer = if let order { try await order.run(witnessed) } else { try await witnessed() }
        if fault == .lost { throw StoreError.unknownOutcome("a test lost the reply of \(verb)") }
        return answer
    }

    /// Where the store behind it wants the job.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        base.home(of: id, type: type, uniqueKey: uniqueKey)
    }

    /// Stores new jobs, unless a test lets it fail.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await pass(.enqueue) {
            try await self.base.enqueue(jobs)
        } deed: {
            .enqueued(jobs, $0)
        }
    }

    /// Records ends and reserves, unless a test lets it fail.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await pass(.settle) {
            try await self.base.settle(settlements, reserving: request)
        } deed: {
            .settled(settlements, request, $0)
        }
    }

    /// Records notes, unless a test lets it fail.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await pass(.note) { try await self.base.note(notes) }
    }

    /// Renews leases, unless a test lets it fail.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await pass(.renew) {
            try await self.base.renew(request)
        } deed: {
            .renewed(request, $0)
        }
    }

    /// A waiter of the store behind it.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { base.makeWaiter(for: selection) }

    /// Does upkeep, unless a test lets it fail.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await pass(.maintain) { try await self.base.maintain(limit: limit) }
    }

    /// Records a heartbeat, unless a test lets it fail.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await pass(.heartbeat) { try await self.base.heartbeat(status) }
    }

    /// Leaves a command, unless a test lets it fail.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await pass(.command) { try await self.base.command(command, to: worker) }
    }

    /// Retires a worker, unless a test lets it fail.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await pass(.retire) {
            try await self.base.retire(worker, crashed: crashed)
        } deed: { _ in
            .retired(worker)
        }
    }

    /// The live workers, unless a test lets it fail.
    public func workers() async throws -> [WorkerRecord] {
        try await pass(.look) { try await self.base.workers() }
    }

    /// Pauses or resumes a queue, unless a test lets it fail.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await pass(.steer) { try await self.base.setPaused(paused, queue: queue) }
    }

    /// Changes jobs by hand, unless a test lets it fail.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try await pass(.steer) {
            try await self.base.change(request)
        } deed: {
            .changed(request, $0)
        }
    }

    /// Finds records, unless a test lets it fail.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        try await pass(.look) { try await self.base.find(ids) }
    }

    /// Lists records, unless a test lets it fail.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await pass(.look) { try await self.base.list(filter, after: cursor, limit: limit) }
    }

    /// The counts, unless a test lets it fail.
    public func counts() async throws -> StoreCounts {
        try await pass(.look) { try await self.base.counts() }
    }

    /// A job's standing, unless a test lets it fail.
    public func standing(of id: JobID) async throws -> JobStanding? {
        try await pass(.look) { try await self.base.standing(of: id) }
    }

    /// History, unless a test lets it fail.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await pass(.look) { try await self.base.history(since: since) }
    }

    /// Takes announcements, unless a test lets it fail.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Peeks at announcements, unless a test lets it fail.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements, unless a test lets it fail.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await pass(.returns) { try await self.base.acknowledgeReturns(receipts) }
    }

    /// The store's clock; never fails by itself.
    public func now() async throws -> Timestamp { try await base.now() }

    /// What the store behind it finds.
    public func examine() async throws -> [Finding] { try await base.examine() }

    /// Does nothing: the store behind it is closed by whoever opened it.
    public func close() async {}
}
