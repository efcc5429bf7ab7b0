// The embedded store: one SQLite file, shared by any number of processes on one machine, with nothing to install or
// run. Beside the file stand `-lock` (who may write), `-wake` (who waits for work) and SQLite's own `-wal` and
// `-shm`. A process has one thread that writes and one that reads; this type hands every verb to one of them.
import CSystem
public import OffstageCore

/// A store in one SQLite file.
public final class SQLiteStore: Store {
    /// What this store is.
    public let traits: StoreTraits
    let path: String
    let options: StoreOptions
    let lock: WriterLock
    private let writer: Writer
    private let reader: Reader
    let wakeFile: WakeFile
    private let watch: Task<Void, Never>

    private init(
        traits: StoreTraits, path: String, options: StoreOptions, lock: WriterLock, writer: Writer, reader: Reader,
        wakeFile: WakeFile
    ) {
        self.traits = traits
        self.path = path
        self.options = options
        self.lock = lock
        self.writer = writer
        self.reader = reader
        self.wakeFile = wakeFile
        watch = LockWatch(lock: lock, writer: writer, options: options, path: path).start()
    }

    deinit {
        watch.cancel()
        writer.finish()
        reader.close()
    }

    /// Opens a file, and makes it if there is none; throws StoreError if it cannot be used.
    public static func open(_ path: String, options: StoreOptions = StoreOptions()) async throws -> SQLiteStore {
        let path = try StoreFile.check(path)
        let lock = try WriterLock(path: path + "-lock", time: options.time)
        let wakeFile = try WakeFile(path: path + "-wake")
        let writer = Writer(lock: lock) {
            let connection = try StoreFile.openForWriting(path, lock: lock, options: options)
            try lock.lock(orGiveUp: path, options)
            defer { lock.unlock() }
            return try WriteSession(connection: connection, options: options, wakeFile: wakeFile)
        }
        try await writer.start()
        let reader = Reader {
            ReadSession(connection: try Connection(path: path, role: .reader), options: options)
        }
        let traits = StoreTraits(
            kind: "sqlite", location: path, settings: "journal_mode=WAL synchronous=FULL", lease: options.lease,
            isDurable: true, isShared: true)
        return SQLiteStore(
            traits: traits, path: path, options: options, lock: lock, writer: writer, reader: reader, wakeFile: wakeFile
        )
    }

    /// Makes a store, or brings an older one up to date, while no other process uses it; answers the schemas before
    /// and after, 0 for none.
    public static func migrate(_ path: String, options: StoreOptions = StoreOptions()) async throws -> (
        from: Int, to: Int
    ) {
        let path = try StoreFile.check(path)
        let lock = try WriterLock(path: path + "-lock", time: options.time)
        return try await withCheckedThrowingContinuation { continuation in
            OwnThread.start(name: "offstage-write") {
                continuation.resume(with: Result { try StoreFile.migrate(path, lock: lock) })
            }
        }
    }

    // MARK: Store

    /// Stores new jobs; returns once they are on disk.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await writer.run(weight: jobs.count) { try $0.enqueue(jobs) }
    }

    /// Records ends, then reserves, in one transaction.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await writer.run(weight: settlements.count + (request?.limit ?? 0)) { session in
            var reply = try session.settle(settlements)
            if let request { reply.reservation = try session.reserve(request) }
            return reply
        }
    }

    /// Records starts, progress and checkpoints.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await writer.run(weight: notes.count) { try $0.note(notes) }
    }

    /// Extends leases, ahead of everything else that waits.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await writer.run(weight: request.tokens.count / 10 + 1, urgent: true) { try $0.renew(request) }
    }

    /// Makes a waiter in the wake file.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { Waiter(wakeFile, selection: selection) }

    /// Does a piece of upkeep.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await writer.run(weight: limit) { try $0.maintain(limit: limit) }
    }

    /// Records a heartbeat.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await writer.run(urgent: true) { try $0.heartbeat(status) }
    }

    /// Leaves a command for a worker.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await writer.run { try $0.command(command, to: worker) }
    }

    /// Forgets a worker and takes back what it holds, ahead of everything else that waits.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await writer.run(weight: crashed.count, urgent: true) { try $0.retire(worker, crashed: crashed) }
    }

    /// The workers heard of lately.
    public func workers() async throws -> [WorkerRecord] { try await reader.run { try $0.workers() } }

    /// Pauses or resumes a queue.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await writer.run { try $0.setPaused(paused, queue: queue) }
    }

    /// Changes jobs by hand.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try await writer.run(weight: Limits.batch) { try $0.change(request) }
    }

    /// The records of these jobs.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await reader.run { try $0.find(ids) } }

    /// One page of records.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await reader.run { try $0.list(filter, after: cursor, limit: limit) }
    }

    /// The maintained counts.
    public func counts() async throws -> StoreCounts { try await reader.run { try $0.counts() } }

    /// What stands between a job and its start.
    public func standing(of id: JobID) async throws -> JobStanding? { try await reader.run { try $0.standing(of: id) } }

    /// What ended per type and minute.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await reader.run { try $0.history(since: since) }
    }

    /// Takes announcements.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await writer.run(weight: limit) { try $0.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Looks at announcements.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await reader.run { try $0.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await writer.run(weight: receipts.count) { try $0.acknowledgeReturns(receipts) }
    }

    /// The machine's wall clock.
    public func now() async throws -> Timestamp { options.time.now() }

    /// Checks the file and its surroundings.
    public func examine() async throws -> [Finding] {
        let lock = lock
        let path = path
        return try await reader.run { try Examination(session: $0, path: path, lock: lock).findings() }
    }

    /// Ends the store's threads once what was asked has been answered.
    public func close() async {
        watch.cancel()
        await writer.close()
        reader.close()
    }
}
