// A store in front of another one that counts enqueues and can fail them: before anything happens, or afterwards with
// the reply lost.
import OffstageCore
import Synchronization

final class FaultyStore: Store {
    enum Fault: Sendable {
        case before(StoreError)
        case after(StoreError)
    }

    /// A call of `home` and the id that it returned.
    struct Asked: Hashable {
        var type: String
        var uniqueKey: String?
        var answer: JobID
    }

    private struct State {
        var batches: [[NewJob]] = []
        var faults: [Int: Fault] = [:]
        var isSpread = false
        var asked: [Asked] = []
        var delay: (@Sendable () async -> Void)?
    }

    private let inner: any Store
    private let state = Mutex(State())

    init(_ inner: any Store) { self.inner = inner }

    /// The batches that were sent, including those that failed.
    var batches: [[NewJob]] { state.withLock { $0.batches } }

    /// Fails the enqueue with this number, counted from 0.
    func fail(_ number: Int, _ fault: Fault) { state.withLock { $0.faults[number] = fault } }

    /// From now on, assigns each job a new partition, 1, 2, 3 and so on, whatever its key.
    func spread() { state.withLock { $0.isSpread = true } }

    /// The calls of `home` since `spread`.
    var asked: [Asked] { state.withLock { $0.asked } }

    /// Calls a function before each enqueue.
    func delay(_ delay: @escaping @Sendable () async -> Void) { state.withLock { $0.delay = delay } }

    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        state.withLock { state in
            guard state.isSpread else { return id }
            let answer = id.moved(to: state.asked.count + 1)
            state.asked.append(Asked(type: type, uniqueKey: uniqueKey, answer: answer))
            return answer
        }
    }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        await state.withLock { $0.delay }?()
        let fault = state.withLock { state in
            state.batches.append(jobs)
            return state.faults[state.batches.count - 1]
        }
        if case .before(let error) = fault { throw error }
        let answers = try await inner.enqueue(jobs)
        if case .after(let error) = fault { throw error }
        return answers
    }

    var traits: StoreTraits { inner.traits }
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await inner.settle(settlements, reserving: request)
    }
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer] { try await inner.note(notes) }
    func renew(_ request: RenewRequest) async throws -> RenewReply { try await inner.renew(request) }
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { inner.makeWaiter(for: selection) }
    func maintain(limit: Int) async throws -> MaintainReport { try await inner.maintain(limit: limit) }
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> { try await inner.heartbeat(status) }
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await inner.command(command, to: worker)
    }
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await inner.retire(worker, crashed: crashed)
    }
    func workers() async throws -> [WorkerRecord] { try await inner.workers() }
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await inner.setPaused(paused, queue: queue)
    }
    func change(_ request: ChangeRequest) async throws -> ChangeReply { try await inner.change(request) }
    func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await inner.find(ids) }
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await inner.list(filter, after: cursor, limit: limit)
    }
    func counts() async throws -> StoreCounts { try await inner.counts() }
    func standing(of id: JobID) async throws -> JobStanding? { try await inner.standing(of: id) }
    func history(since: Timestamp) async throws -> [HistoryRow] { try await inner.history(since: since) }
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await inner.takeReturns(from: name, limit: limit, lease: lease)
    }
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await inner.peekReturns(in: name, limit: limit)
    }
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await inner.acknowledgeReturns(receipts)
    }
    func now() async throws -> Timestamp { try await inner.now() }
    func examine() async throws -> [Finding] { try await inner.examine() }
    func close() async { await inner.close() }
}
