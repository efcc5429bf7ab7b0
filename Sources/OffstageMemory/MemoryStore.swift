// A store in memory, for tests, for inline use and as the reference model. It is a lock around MemoryModel, which
// contains the behaviour. Each verb sets the model's clock, asks the model, and then wakes the waiters for jobs that
// became reservable.
public import OffstageCore
import Synchronization

/// A queue's store in the memory of one process; its contents are lost when the process ends.
public final class MemoryStore: Store {
    /// What this store is and how it differs from other stores.
    public let traits: StoreTraits
    private let time: any TimeSource
    private let waiters: MemoryWaiters
    private let model: Mutex<MemoryModel?>

    /// Creates an empty store.
    public init(options: StoreOptions = StoreOptions()) {
        traits = StoreTraits(
            kind: "memory", location: "memory:", settings: "kept in memory only", lease: options.lease,
            isDurable: false, isShared: false)
        time = options.time
        waiters = MemoryWaiters(time: options.time)
        model = Mutex(MemoryModel(options))
    }

    /// Asks the model at the clock's now. Throws StoreError.closed after `close`.
    private func ask<Answer: Sendable>(
        _ question: (inout MemoryModel) throws(StoreError) -> sending Answer
    ) throws(StoreError) -> Answer {
        let (answer, reservable) = try model.withLock { model throws(StoreError) -> (Answer, [Lane]) in
            guard var turned = model.take() else { throw StoreError.closed }
            defer { model = turned }
            turned.now = time.now()
            turned.monotonic = time.monotonicMicroseconds()
            let answer = try question(&turned)
            let reservable = turned.reservable
            turned.reservable = []
            return (answer, reservable)
        }
        for lane in reservable { waiters.wake(for: lane) }
        return answer
    }

    /// Stores new jobs and returns an answer for each.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] { try ask { $0.enqueue(jobs) } }

    /// Records how attempts ended, then reserves the next jobs.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try ask { $0.settle(settlements, reserving: request) }
    }

    /// Records starts, progress and checkpoints.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] { try ask { $0.note(notes) } }

    /// Extends the listed leases and takes back the worker's others.
    public func renew(_ request: RenewRequest) async throws -> RenewReply { try ask { $0.renew(request) } }

    /// Makes a waiter for jobs of a selection.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { waiters.make(for: selection) }

    /// Does a bounded amount of maintenance.
    public func maintain(limit: Int) async throws -> MaintainReport { try ask { $0.maintain(limit: limit) } }

    /// Records a worker as alive and returns the commands that wait for it.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try ask { $0.heartbeat(status) }
    }

    /// Leaves a command for a live worker.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try ask { $0.command(command, to: worker) }
    }

    /// Forgets a worker and takes back everything that it holds; jobs that crashed with it become suspects.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try ask { $0.retire(worker, crashed: crashed) }
    }

    /// The live workers.
    public func workers() async throws -> [WorkerRecord] { try ask { $0.liveWorkers() } }

    /// Pauses or resumes a queue.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try ask { $0.setPaused(paused, queue: queue) }
    }

    /// Cancels, retries, removes or reschedules jobs.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try ask { model throws(StoreError) in try model.change(request) }
    }

    /// The records of these jobs.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] { try ask { $0.find(ids) } }

    /// One page of records.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try ask { model throws(StoreError) in try model.list(filter, after: cursor, limit: limit) }
    }

    /// The number of jobs in each state.
    public func counts() async throws -> StoreCounts { try ask { $0.counts() } }

    /// What keeps a job from starting.
    public func standing(of id: JobID) async throws -> JobStanding? { try ask { $0.standing(of: id) } }

    /// What ended per type and minute.
    public func history(since: Timestamp) async throws -> [HistoryRow] { try ask { $0.history(since: since) } }

    /// Takes announcements under a separate lease.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try ask { $0.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Returns the oldest announcements without taking them.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try ask { $0.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try ask { $0.acknowledge(receipts) }
    }

    /// The store's wall clock.
    public func now() async throws -> Timestamp { try ask { $0.now } }

    /// Returns what `doctor` should report about this store.
    public func examine() async throws -> [Finding] {
        try ask { _ in [Finding(.warning, "this store is kept in memory and is gone when the process ends")] }
    }

    /// Closes the store; every later call throws StoreError.closed.
    public func close() async {
        model.withLock { $0 = nil }
        waiters.wakeAll()
    }
}
