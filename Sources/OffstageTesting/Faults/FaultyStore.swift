// A store whose calls fail when a test says so: before anything was done, after everything was done, or permanently
// from some moment on. It wraps the real store, whose state is always correct; only the caller sees errors.
public import OffstageCore
import Synchronization

/// A store that passes calls on to another one, or fails them as a test chooses.
public final class FaultyStore: Store {
    /// The fault of a call.
    public enum Fault: Sendable, Hashable {
        /// The call is passed on.
        case none
        /// The call throws StoreError.failed, and nothing was done.
        case failed
        /// The call throws StoreError.unknownOutcome, but everything was done: only the reply is lost.
        case lost
    }

    /// The wrapped store.
    public let base: any Store
    /// The traits of the wrapped store.
    public let traits: StoreTraits
    private let choose: @Sendable (StoreVerb) -> Fault
    private let witness: @Sendable (StoreDeed) -> Void
    private let order: CallOrder?
    private let isSevered = Mutex(false)

    /// Wraps a store. `choose` picks a fault for every call. `witness` receives what was really done, before a reply is
    /// lost. Several stores that share an `order` call their witnesses in the order of the operations.
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

    /// Makes every later call throw StoreError.closed and do nothing: to the store, the caller has died.
    public func sever() { isSevered.withLock { $0 = true } }

    /// Makes a call, with its fault.
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

    /// Returns the home that the wrapped store chooses for the job.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        base.home(of: id, type: type, uniqueKey: uniqueKey)
    }

    /// Stores new jobs, unless the test makes the call fail.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await pass(.enqueue) {
            try await self.base.enqueue(jobs)
        } deed: {
            .enqueued(jobs, $0)
        }
    }

    /// Records ends and reserves, unless the test makes the call fail.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await pass(.settle) {
            try await self.base.settle(settlements, reserving: request)
        } deed: {
            .settled(settlements, request, $0)
        }
    }

    /// Records notes, unless the test makes the call fail.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await pass(.note) { try await self.base.note(notes) }
    }

    /// Renews leases, unless the test makes the call fail.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await pass(.renew) {
            try await self.base.renew(request)
        } deed: {
            .renewed(request, $0)
        }
    }

    /// Returns a waiter of the wrapped store; never fails by itself.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { base.makeWaiter(for: selection) }

    /// Does upkeep, unless the test makes the call fail.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await pass(.maintain) { try await self.base.maintain(limit: limit) }
    }

    /// Records a heartbeat, unless the test makes the call fail.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await pass(.heartbeat) { try await self.base.heartbeat(status) }
    }

    /// Leaves a command, unless the test makes the call fail.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await pass(.command) { try await self.base.command(command, to: worker) }
    }

    /// Retires a worker, unless the test makes the call fail.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await pass(.retire) {
            try await self.base.retire(worker, crashed: crashed)
        } deed: { _ in
            .retired(worker)
        }
    }

    /// Returns the live workers, unless the test makes the call fail.
    public func workers() async throws -> [WorkerRecord] {
        try await pass(.look) { try await self.base.workers() }
    }

    /// Pauses or resumes a queue, unless the test makes the call fail.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await pass(.steer) { try await self.base.setPaused(paused, queue: queue) }
    }

    /// Changes jobs manually, unless the test makes the call fail.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try await pass(.steer) {
            try await self.base.change(request)
        } deed: {
            .changed(request, $0)
        }
    }

    /// Returns records by id, unless the test makes the call fail.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        try await pass(.look) { try await self.base.find(ids) }
    }

    /// Lists records, unless the test makes the call fail.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await pass(.look) { try await self.base.list(filter, after: cursor, limit: limit) }
    }

    /// Returns the counts, unless the test makes the call fail.
    public func counts() async throws -> StoreCounts {
        try await pass(.look) { try await self.base.counts() }
    }

    /// Returns a job's standing, unless the test makes the call fail.
    public func standing(of id: JobID) async throws -> JobStanding? {
        try await pass(.look) { try await self.base.standing(of: id) }
    }

    /// Returns the history, unless the test makes the call fail.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await pass(.look) { try await self.base.history(since: since) }
    }

    /// Takes announcements, unless the test makes the call fail.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Peeks at announcements, unless the test makes the call fail.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await pass(.returns) { try await self.base.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements, unless the test makes the call fail.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await pass(.returns) { try await self.base.acknowledgeReturns(receipts) }
    }

    /// Returns the time of the wrapped store's clock; never fails by itself.
    public func now() async throws -> Timestamp { try await base.now() }

    /// Returns the findings of the wrapped store; never fails by itself.
    public func examine() async throws -> [Finding] { try await base.examine() }

    /// Does nothing: the wrapped store is closed by the code that opened it.
    public func close() async {}
}
